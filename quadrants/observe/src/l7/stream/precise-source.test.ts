import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cgroupRoot, EbpfError } from '@quadrant/ebpf'
import { NEEDS_GO } from '../../runtime/testing/needs-go.ts'
import { Http2Peer, NEEDS_PEER, PeerServer } from '../http2/testing/http2-peer.ts'
import { collapsePath } from '../kernel/collapsed-path.ts'
import { BuiltServer, LoggedServer } from '../kernel/testing/logged-server.ts'
import { TestCgroup } from '../kernel/testing/test-cgroup.ts'
import type { StageCount } from '../../kernel/loss.ts'
import type { RequestSeries } from '../request-source.ts'
import { PreciseSource, type PreciseSourceOptions } from './precise-source.ts'

const run = promisify(execFile)
const NODE_SERVER = fileURLToPath(new URL('../kernel/testing/node-server.fixture.ts', import.meta.url))

function kernelProblem(): string | false {
  try {
    new PreciseSource()[Symbol.dispose]()
    return false
  } catch (error) {
    if (error instanceof EbpfError && error.code === 'not-found') return 'needs Linux 6.17'
    throw error
  }
}

const skip =
  process.getuid?.() !== 0
    ? 'needs root to load BPF programs'
    : cgroupRoot() === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : NEEDS_GO.skip || kernelProblem()

/** A source, a group of processes that it looks at, and what it told. */
class Watch implements AsyncDisposable {
  readonly cgroup = new TestCgroup()
  readonly source: PreciseSource
  readonly rows: RequestSeries[] = []
  readonly id = statSync(this.cgroup.path).ino
  readonly #polling = setInterval(() => this.source.poll(), 10)

  constructor(options?: PreciseSourceOptions) {
    this.source = new PreciseSource(options)
    this.source.follow(new Set([this.id]))
  }

  /** Rows of one side of a port, when they are of so many requests; or of more. */
  async until(count: number, port: number, side: RequestSeries['side'] = 'server'): Promise<RequestSeries[]> {
    for (let turn = 0; ; turn++) {
      this.rows.push(...this.source.read())
      const rows = this.rows.filter((row) => row.serverPort === port && row.side === side)
      if (rows.reduce((sum, row) => sum + row.count, 0) >= count || turn === 200) return rows
      await sleep(20)
    }
  }

  dropped(): readonly string[] {
    return this.source.drops().flatMap(({ reason, count }) => (count > 0 ? [`${reason}: ${count}`] : []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#polling)
    this.source[Symbol.dispose]()
    await this.cgroup[Symbol.asyncDispose]()
  }
}

const sorted = (counts: ReadonlyMap<string, number>) =>
  Array.from(counts, ([key, count]) => `${key} ${count}`).toSorted()

function tally(rows: readonly RequestSeries[]): string[] {
  const counts = new Map<string, number>()
  for (const { method, path, status, count } of rows) {
    const key = `${method} ${path} ${status}`
    counts.set(key, (counts.get(key) ?? 0) + count)
  }
  return sorted(counts)
}

function tallyLog(lines: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const [method, path, status] = line.split(' ')
    const key = `${method} ${collapsePath(path!)} ${status}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return sorted(counts)
}

/** Reads until there were so many final responses. */
async function responses(socket: Socket, count: number): Promise<void> {
  let text = ''
  let seen = 0
  for await (const data of socket) {
    text += String(data)
    const parts = text.split('HTTP/1.1 200')
    seen += parts.length - 1
    text = parts.at(-1)!.slice(-16)
    if (seen >= count) return
  }
}

describe('requests by what processes send and receive', { skip }, () => {
  let built: BuiltServer
  before(() => {
    built = new BuiltServer()
  })
  after(() => built[Symbol.dispose]())

  const servers = {
    Go: (cgroup: TestCgroup, address: string) =>
      LoggedServer.start(cgroup, built.program, ['serve', address]),
    Node: (cgroup: TestCgroup, address: string) =>
      LoggedServer.start(cgroup, process.execPath, [NODE_SERVER, address]),
  }

  for (const address of ['127.0.0.1', '[::1]'])
    test(`a mix of all framings is told as the Go server and the client have it, over ${address}`, async () => {
      // The bodies of this mix come faster than any service's; chunks that find no room cannot be bridged.
      await using watch = new Watch({ ringBytes: 1 << 27 })
      const server = await servers.Go(watch.cgroup, `${address}:0`)
      const asking = watch.cgroup.spawn(built.program, ['ask', `http://${server.address}`, '20'])
      let asked = ''
      asking.stdout!.on('data', (data) => (asked += data))
      await once(asking, 'close')
      const lines = asked.trim().split('\n')
      const rows = await watch.until(lines.length, server.port)
      assert.deepEqual(tally(rows), tallyLog(server.lines))
      const own = await watch.until(lines.length, server.port, 'client')
      assert.deepEqual(tally(own), tallyLog(lines))
      for (const row of [...rows, ...own]) {
        assert.equal(row.source, 'sockets')
        assert.equal(row.protocol, 'http/1.1')
        assert.equal(row.cgroupId, watch.id)
      }
      assert.deepEqual(watch.dropped(), [])
    })

  test('ten thousand pipelined requests are ten thousand, of Go and of Node', async () => {
    for (const start of Object.values(servers)) {
      await using watch = new Watch()
      const server = await start(watch.cgroup, '127.0.0.1:0')
      const socket = connect(server.port, '127.0.0.1')
      const answered = responses(socket, 10_000)
      socket.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10_000))
      await answered
      socket.destroy()
      const rows = await watch.until(10_000, server.port)
      await server.told(10_000)
      assert.deepEqual(tally(rows), tallyLog(server.lines))
      assert.deepEqual(watch.dropped(), [])
    }
  })

  test('curl, pieces of three bytes, an upgrade and what is aborted', async () => {
    await using watch = new Watch()
    const server = await servers.Go(watch.cgroup, '127.0.0.1:0')
    const url = `http://${server.address}`
    await run('curl', ['-s', `${url}/hello`, `${url}/orders/7`, '-o', '/dev/null', '-o', '/dev/null'])
    await run('curl', ['-s', '-I', `${url}/large`])
    await run('curl', ['-s', '-0', `${url}/hello`])
    await run('curl', ['-s', '-H', 'Expect: 100-continue', '-d', 'x'.repeat(5000), `${url}/upload/a`])
    const pieces = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
    for (const text of [
      'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n',
      'HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n',
    ]) {
      const answer = once(pieces, 'data')
      for (let at = 0; at < text.length; at += 3) {
        pieces.write(text.slice(at, at + 3))
        await sleep(1)
      }
      await answer
    }
    pieces.destroy()
    const upgraded = connect(server.port, '127.0.0.1')
    upgraded.write('GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await once(upgraded, 'data')
    upgraded.write('GET /decoy HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(upgraded, 'data')
    upgraded.destroy()
    const hanging = connect(server.port, '127.0.0.1')
    hanging.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await sleep(50)
    hanging.destroy()
    const rows = await watch.until(9, server.port)
    await server.told(9)
    assert.deepEqual(tally(rows), tallyLog(server.lines))
    assert.equal(rows.find(({ protocol }) => protocol === 'http/1.0')?.count, 1)
    assert.deepEqual(watch.dropped(), [])
  })

  test('of connections that were there before, what is asked from now on is told', async () => {
    await using watch = new Watch()
    for (const start of Object.values(servers)) {
      watch.source.follow(new Set())
      const server = await start(watch.cgroup, '127.0.0.1:0')
      const sockets = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'))
      const ask = async (socket: Socket) => {
        const answer = once(socket, 'data')
        socket.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
        await answer
        // A body may come by itself.
        await sleep(10)
      }
      await Promise.all(sockets.map(ask))
      watch.source.follow(new Set([watch.id]))
      for (let i = 0; i < 3; i++) await Promise.all(sockets.map(ask))
      const rows = await watch.until(15, server.port)
      assert.deepEqual(tally(rows), ['GET /hello 200 15'])
      for (const socket of sockets) socket.destroy()
    }
  })

  test('gRPC and HTTP/2 are what the client saw', { skip: NEEDS_PEER }, async () => {
    using peer = new Http2Peer()
    await using watch = new Watch()
    await using server = await PeerServer.start(peer, {
      spawnServer: (program, args) => watch.cgroup.spawn(program, args, ['pipe', 'pipe', 'inherit']),
    })
    for (const name of ['grpc', 'http'] as const) {
      const address = server[name]
      const seen = await peer.drive(name, address, 120)
      const rows = await watch.until(seen.length, Number(address.split(':').at(-1)))
      const told = rows.flatMap(({ method, path, status, grpcStatus, count }) =>
        Array.from({ length: count }, () =>
          name === 'grpc' ? `${path} ${status} ${grpcStatus}` : `${method} ${path} ${status}`,
        ),
      )
      const expected = seen.map(({ method, path, status, aborted }) =>
        name === 'grpc'
          ? `${path} 200 ${aborted ? undefined : status}`
          : `${method} ${collapsePath(path.replace(/\?.*/, ''))} ${status}`,
      )
      assert.deepEqual(told.toSorted(), expected.toSorted())
    }
  })

  test('other groups cost no record', async () => {
    await using watch = new Watch()
    await using other = new TestCgroup()
    const server = await servers.Go(other, '127.0.0.1:0')
    const asking = other.spawn(built.program, ['ask', `http://${server.address}`, '1'], 'ignore')
    await once(asking, 'exit')
    assert.equal(watch.source.poll(), 0)
    assert.deepEqual(watch.source.read(), [])
  })

  test('a ring that is too small loses requests, counts them, and goes on', async () => {
    await using watch = new Watch({ ringBytes: 16_384 })
    const server = await servers.Go(watch.cgroup, '127.0.0.1:0')
    const asking = watch.cgroup.spawn(built.program, ['ask', `http://${server.address}`, '3'], 'ignore')
    await once(asking, 'exit')
    await watch.until(0, server.port)
    assert.ok(watch.dropped().some((drop) => drop.startsWith('ring full')))
    for (let i = 0; i < 3; i++) {
      await run('curl', ['-s', `http://${server.address}/after/${i}`])
      await sleep(30)
    }
    const rows = await watch.until(3, server.port)
    const [{ stage, seen, kept }] = watch.source.stages() as [StageCount]
    const lost = watch.source.drops().filter((drop) => drop.stage === stage)
    assert.equal(seen, kept + lost.reduce((sum, { count }) => sum + count, 0))
    assert.equal(
      rows.filter(({ path }) => path === '/after/{id}').reduce((sum, row) => sum + row.count, 0),
      3,
    )
  })
})
