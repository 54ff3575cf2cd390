import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type ClientHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const LENGTHS = [1, 1000, 20_000, 33_000, 100_000, 130_000, 1_000_000, 3_000_000] as const

/** Bytes of which no two pieces are alike: what is read into the wrong place shows. */
function bodyOf(index: number): Buffer {
  const length = LENGTHS[index % LENGTHS.length]!
  const bytes = Buffer.alloc(length)
  for (let i = 0; i + 4 <= length; i += 4)
    bytes.writeUInt32LE((Math.imul(i + 1, 2654435761) ^ (index << 8)) >>> 0, i)
  return bytes
}

async function upstream(t: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    const index = Number(request.url?.slice(1))
    const bytes = bodyOf(index)
    // With a length, or in chunks.
    if (index % 3 === 0) response.write(bytes)
    else response.setHeader('content-length', bytes.length)
    response.end(index % 3 === 0 ? undefined : bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Reads with pauses, where that is wanted: then what comes has to wait somewhere. */
async function hashOf(stream: Readable, isSlow: boolean): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) {
    hash.update(chunk as Buffer)
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return hash.digest('hex')
}

/** So much that the sockets between do not hold it, in pieces that come one by one. */
const DRIBBLE = { bytes: 10_000, count: 1600 } as const

test('what waits for a slow reader stays as it was, though more is read meanwhile', async (t) => {
  const bytes = Buffer.concat(
    Array.from({ length: DRIBBLE.count / LENGTHS.length }, (_, i) => bodyOf(i * LENGTHS.length + 4)),
  )
  const server = createServer((_, response) => void dribble(response, bytes))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = await testGateway(t, simpleYaml((server.address() as AddressInfo).port))
  const [response] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
  response.pause()
  await new Promise((resolve) => setTimeout(resolve, 700))
  assert.equal(await hashOf(response, false), createHash('sha256').update(bytes).digest('hex'))
})

async function dribble(response: ServerResponse, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += DRIBBLE.bytes) {
    const isWritable = response.write(bytes.subarray(at, at + DRIBBLE.bytes))
    await (isWritable ? new Promise((resolve) => setImmediate(resolve)) : once(response, 'drain'))
  }
  response.end()
}

test('large bodies arrive as they were, however slowly they are read, many at once', async (t) => {
  const { port } = await testGateway(t, simpleYaml(await upstream(t)))
  const session = connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const count = 64
  const asked = Array.from({ length: count }, async (_, index) => {
    let stream: IncomingMessage | ClientHttp2Stream
    if (index % 4 === 3) stream = session.request({ ':path': `/${index}` })
    else
      [stream] = (await once(get({ port, host: '127.0.0.1', path: `/${index}` }), 'response')) as [
        IncomingMessage,
      ]
    const hash = await hashOf(stream, index % 2 === 0)
    assert.equal(hash, createHash('sha256').update(bodyOf(index)).digest('hex'), `body ${index}`)
  })
  await Promise.all(asked)
})
