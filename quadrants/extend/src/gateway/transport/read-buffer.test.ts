import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempDisposableSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'
import { digested, ReadBuffer } from './read-buffer.ts'

test('memory is read into again when nobody has any of it, and only then', () => {
  const buffer = new ReadBuffer()
  const first = buffer.bytes
  buffer.tell(100, (bytes) => {
    digested(bytes.subarray(0, 60))
    buffer.digested(40)
  })
  assert.equal(buffer.bytes, first)
  buffer.tell(100, (bytes) => {
    digested(bytes.subarray(0, 99))
    digested(Buffer.alloc(1))
  })
  assert.notEqual(buffer.bytes, first)
  const second = buffer.bytes
  assert.throws(() =>
    buffer.tell(10, () => {
      throw new Error('whoever was told')
    }),
  )
  assert.notEqual(buffer.bytes, second)
  digested(buffer.bytes)
})

test('what fills it is read in larger pieces from then on, up to those of Node', () => {
  const buffer = new ReadBuffer()
  const sizes = Array.from({ length: 4 }, () => {
    const { length } = buffer.bytes
    buffer.tell(length, digested)
    return length
  })
  assert.deepEqual(sizes, [4096, 16_384, 65_536, 65_536])
})

const SIZES = [0, 1, 900, 3000, 5000, 60_000, 100_000, 400_000]
const CLIENTS = 4
/** Together more than the kernel takes for a client that does not read (tcp_rmem and tcp_wmem), each in one read. */
const AHEAD_SIZE = 60_000
const AHEAD_COUNT = 800
const NOT_READING_MS = 1200

test('clients of any pace get the bytes that are theirs', async (t) => {
  await exchange(t, '', (port) => connectTcp(port, '127.0.0.1'))
})

test(
  'so they do with TLS',
  { skip: spawnSync('openssl', ['version']).status === 0 ? false : 'needs openssl' },
  async (t) => {
    const folder = mkdtempDisposableSync(join(tmpdir(), 'quadrant-tls-'))
    t.after(() => folder.remove())
    const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
    const args = ['req', '-x509', ...made, '-out', cert, '-days', '1', '-subj', '/CN=localhost']
    execFileSync('openssl', args, { stdio: 'ignore' })
    await exchange(t, `, tls: { certificates: [{ cert_file: ${cert}, key_file: ${key} }] }`, (port) =>
      connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }),
    )
  },
)

async function exchange(t: TestContext, listener: string, open: (port: number) => Socket): Promise<void> {
  const upstream = createServer((request, response) => {
    const [, seed, size, framing] = request.url!.split('/')
    const body = bodyOf(Number(seed), Number(size))
    if (framing === 'length') response.setHeader('content-length', body.length)
    // In pieces, so that reads end anywhere.
    for (let at = 0; at < body.length; at += 30_000) response.write(body.subarray(at, at + 30_000))
    response.end()
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.after(() => {
    upstream.closeAllConnections()
    upstream.close()
  })
  const { port } = await testGateway(t, simpleYaml((upstream.address() as AddressInfo).port, { listener }))
  const clients = Array.from({ length: CLIENTS }, (_, client) => new BodyClient(open(port), client))
  await Promise.all(clients.map((client, index) => (index === 0 ? client.askAhead() : client.askInTurn())))
}

/** Asks for bodies, and knows what they are. */
class BodyClient {
  readonly #socket: Socket
  readonly #client: number
  #received: Buffer[] = []
  #receivedBytes = 0
  #more = Promise.withResolvers<void>()

  constructor(socket: Socket, client: number) {
    this.#socket = socket
    this.#client = client
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes)
      this.#receivedBytes += bytes.length
      this.#more.resolve()
    })
    socket.on('close', () => this.#more.reject(new Error('the connection has ended')))
  }

  async askInTurn(): Promise<void> {
    const endMs = performance.now() + NOT_READING_MS
    for (let request = 0; performance.now() < endMs; request++) {
      const size = SIZES[(this.#client + request) % SIZES.length]!
      this.#ask(request, size)
      await this.#answer(request, size)
    }
    this.#close()
  }

  /**
   * All at once, and reads nothing at first: answers that are whole have to wait, while the connections that they came by
   * have others.
   */
  async askAhead(): Promise<void> {
    this.#socket.pause()
    for (let request = 0; request < AHEAD_COUNT; request++) this.#ask(request, AHEAD_SIZE)
    await sleep(NOT_READING_MS)
    this.#socket.resume()
    for (let request = 0; request < AHEAD_COUNT; request++) await this.#answer(request, AHEAD_SIZE)
    this.#close()
  }

  #ask(request: number, size: number): void {
    const framing = request % 4 < 2 ? 'chunks' : 'length'
    const path = `/${this.#client * 137 + request}/${size}/${framing}`
    this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
  }

  async #answer(request: number, size: number): Promise<void> {
    const head = await this.#line('\r\n\r\n')
    const pieces: Buffer[] = []
    const length = /content-length: (\d+)/.exec(head)?.[1]
    if (length === undefined) {
      for (let left = -1; left !== 0;) {
        left = Number.parseInt(await this.#line('\r\n'), 16)
        pieces.push((await this.#bytes(left + 2)).subarray(0, left))
      }
    } else pieces.push(await this.#bytes(Number(length)))
    const isRight = Buffer.concat(pieces).equals(bodyOf(this.#client * 137 + request, size))
    assert.ok(isRight, `request ${request} of client ${this.#client}: ${size} bytes`)
  }

  async #line(end: string): Promise<string> {
    const length = await this.#until(() => {
      const at = this.#joined().indexOf(end)
      return at === -1 ? undefined : at + end.length
    })
    return this.#take(length).toString('latin1')
  }

  async #bytes(byteCount: number): Promise<Buffer> {
    await this.#until(() => (this.#receivedBytes < byteCount ? undefined : true))
    return this.#take(byteCount)
  }

  #take(byteCount: number): Buffer {
    const all = this.#joined()
    this.#received = [all.subarray(byteCount)]
    this.#receivedBytes -= byteCount
    return all.subarray(0, byteCount)
  }

  #joined(): Buffer {
    const joined = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received)
    this.#received = [joined]
    return joined
  }

  async #until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      this.#more = Promise.withResolvers()
      await this.#more.promise
    }
  }

  #close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }
}

function bodyOf(seed: number, size: number): Buffer {
  return PATTERN.subarray(seed % 1000, (seed % 1000) + size)
}

const PATTERN = randomBytes(500_000)
