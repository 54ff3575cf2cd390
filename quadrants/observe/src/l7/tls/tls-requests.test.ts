// Real programs that speak HTTP over TLS, watched as an agent watches them: what a batch tells must be what they logged.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { connect, createServer, type Server } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cgroupRoot } from '@quadrant/ebpf'
import { RequestProtocol, RequestSide, RequestSource } from '@quadrant/proto'
import { NEEDS_PROBES } from '../../runtime/gc/testing/gcload.ts'
import type { GoBuild } from '../../runtime/testing/built-program.ts'
import { NEEDS_GO } from '../../runtime/testing/needs-go.ts'
import { TOOLCHAINS, WITH_ALL_TOOLCHAINS } from '../../runtime/testing/toolchains.ts'
import { Http2Peer, NEEDS_PEER, PeerServer } from '../http2/testing/http2-peer.ts'
import { BuiltServer, LoggedServer } from '../kernel/testing/logged-server.ts'
import { TestCgroup } from '../kernel/testing/test-cgroup.ts'
import { Host, streamsSeen, streamsTold, tally, tallyLog } from '../testing/request-host.ts'
import { makeCertificate } from './testing/certificate.ts'

const run = promisify(execFile)

const skip =
  cgroupRoot() === undefined ? 'no cgroup v2 hierarchy is mounted' : NEEDS_PROBES.skip || NEEDS_GO.skip

const VARIANTS: readonly GoBuild[] = [
  { name: 'plain' },
  { name: '-s -w', args: ['-ldflags=-s -w'] },
  { name: 'pie', args: ['-buildmode=pie'] },
]

/** Those that can build it; bytes of all of them are looked at by go-tls-truth.test.ts. */
const RUN_WITH = ['local', ...(WITH_ALL_TOOLCHAINS ? TOOLCHAINS.slice(TOOLCHAINS.indexOf('go1.24.13')) : [])]

/** Which processes' TLS is read, as it is told when their probes are placed. */
class PlacedProbes implements Disposable {
  readonly #pids = new Set<number>()
  readonly #take = (message: unknown) => {
    const { process, what } = message as { readonly process: string; readonly what: string }
    if (what === 'tls') this.#pids.add(Number.parseInt(process, 10))
  }

  constructor() {
    subscribe('quadrant:observe:probes', this.#take)
  }

  /** Waits until that of this process is, from its next handshake on. */
  async in(host: Host, { pid }: { readonly pid?: number | undefined }): Promise<void> {
    for (let turn = 0; !this.#pids.has(pid!); turn++) {
      assert.ok(turn < 200, 'no probes')
      host.tick()
      await sleep(50)
    }
  }

  [Symbol.dispose](): void {
    unsubscribe('quadrant:observe:probes', this.#take)
  }
}

/** A server of TLS in this process, which is no Go program. */
class NodeServer implements AsyncDisposable {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async start(protocol: 'http1' | 'http2' | 'grpc'): Promise<NodeServer> {
    const certificate = makeCertificate()
    const server =
      protocol === 'http1'
        ? createServer(certificate, (socket) => {
            socket.on('error', () => {})
            socket.on('data', (data) => {
              const heads = String(data).split('\r\n\r\n').length - 1
              socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'.repeat(heads))
            })
          })
        : createSecureServer(certificate).on('stream', (stream: ServerHttp2Stream) => {
            stream.resume().on('error', () => {})
            if (protocol === 'http2') {
              stream.respond({ ':status': 200 })
              stream.end('ok')
              return
            }
            stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
            stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
            // A message of no bytes.
            stream.end(Buffer.alloc(5))
          })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new NodeServer(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Asks a server as fast as it can, four times at once. */
function loadOf(cgroup: TestCgroup, [program, ...args]: readonly string[]) {
  const child = cgroup.spawn(program!, args, ['pipe', 'pipe', 'inherit'])
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const first = lines.next()
  return {
    child,
    /** How many requests it sent in so long. */
    async load(milliseconds: number): Promise<number> {
      await first
      child.stdin!.write(`${milliseconds} 4\n`)
      const { value } = await lines.next()
      return (JSON.parse(String(value)) as { requests: number }).requests
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Connections of a port that were told as opaque. */
function opaque(host: Host, port: number): number {
  return host.batches
    .flatMap(({ requests }) => requests?.opaque ?? [])
    .filter(({ serverPort }) => serverPort === port)
    .reduce((sum, { connections }) => sum + connections, 0)
}

/** What is held back is told. */
async function settle(host: Host): Promise<void> {
  for (let i = 0; i < 6; i++) {
    host.tick()
    await sleep(20)
  }
}

describe('requests within TLS of Go programs', { skip }, () => {
  let built: BuiltServer
  let host: Host
  let cgroup: TestCgroup
  let probes: PlacedProbes
  before(() => {
    probes = new PlacedProbes()
    built = new BuiltServer()
    host = new Host()
    cgroup = new TestCgroup()
  })
  afterEach(() => host.configure({ off: true }))
  after(async () => {
    host[Symbol.dispose]()
    probes[Symbol.dispose]()
    built[Symbol.dispose]()
    await cgroup[Symbol.asyncDispose]()
  })

  for (const [toolchain, variant] of RUN_WITH.flatMap((one) => VARIANTS.map((each) => [one, each] as const)))
    test(`${toolchain} ${variant.name}: counts by method, route and status are the server’s own, and no connection is opaque`, async () => {
      using other = new BuiltServer({ ...variant, toolchain })
      const { program } = other
      host.configure({})
      const server = await LoggedServer.start(cgroup, program, ['serve', '127.0.0.1:0', 'tls'])
      await probes.in(host, server.child)
      const { stdout } = await run(program, ['ask', `https://${server.address}`, '8'])
      const log = await server.told(8 * 14)
      const rows = await host.until(server.port, log.length)
      assert.deepEqual(tally(rows), tallyLog(log))
      assert.deepEqual(tallyLog(stdout.trim().split('\n')), tallyLog(log))
      for (const { series } of rows)
        assert.deepEqual(
          [series.source, series.side, series.protocol],
          [RequestSource.TLS, RequestSide.SERVER, RequestProtocol.HTTP1],
        )
      await settle(host)
      assert.equal(opaque(host, server.port), 0)
    })

  test('curl, whose own TLS nobody reads, at a Go server', async () => {
    host.configure({})
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0', 'tls'])
    await probes.in(host, server.child)
    const urls = Array.from({ length: 20 }, (_, i) => `https://${server.address}/orders/${i}`)
    await run('curl', ['-sk', ...urls])
    const rows = await host.until(server.port, 20)
    assert.deepEqual(tally(rows), ['GET /orders/{id} 200 20'])
    await settle(host)
    assert.equal(opaque(host, server.port), 0)
  })

  for (const name of ['http', 'grpc'] as const)
    test(
      `${name === 'grpc' ? 'gRPC' : 'HTTP/2'} over TLS is what the client saw`,
      { skip: NEEDS_PEER },
      async () => {
        using peer = new Http2Peer()
        host.configure({})
        await using server = await PeerServer.start(peer, {
          isTls: true,
          spawnServer: (program, args) => cgroup.spawn(program, args, ['pipe', 'pipe', 'inherit']),
        })
        await probes.in(host, server)
        const port = Number(server[name].split(':')[1])
        const seen = await peer.drive(name, server[name], 120, { isTls: true })
        const rows = await host.until(port, seen.length)
        assert.deepEqual(streamsTold(name, rows), streamsSeen(name, seen))
        for (const { series } of rows) assert.equal(series.source, RequestSource.TLS)
        await settle(host)
        assert.equal(opaque(host, port), 0)
      },
    )

  for (const protocol of ['http1', 'http2', 'grpc'] as const)
    test(
      `${protocol} of a Go client at a server that nobody reads: told at its own side, and not as opaque`,
      { skip: protocol === 'grpc' && NEEDS_PEER },
      async () => {
        host.configure({})
        using peer = protocol === 'grpc' ? new Http2Peer() : undefined
        await using node = await NodeServer.start(protocol)
        const [address, { port }] = [`127.0.0.1:${node.port}`, node]
        await using client = peer
          ? loadOf(cgroup, [peer.program, 'load', address, 'tls'])
          : loadOf(cgroup, [built.program, 'load', `https://${address}/orders/1`])
        await probes.in(host, client.child)
        const requests = await client.load(300)
        const rows = await host.until(port, requests)
        assert.deepEqual(tally(rows), [
          protocol === 'grpc' ? `POST /shop.v1.Cart/Get 200 ${requests}` : `GET /orders/{id} 200 ${requests}`,
        ])
        for (const { series } of rows)
          assert.deepEqual([series.source, series.side], [RequestSource.TLS, RequestSide.CLIENT])
        await settle(host)
        assert.equal(opaque(host, port), 0)
      },
    )

  test('between two Go programs that are both read a request is told once, at its server', async () => {
    host.configure({})
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0', 'tls'])
    await using client = loadOf(cgroup, [built.program, 'load', `https://${server.address}/orders/1`])
    await probes.in(host, server.child)
    await probes.in(host, client.child)
    const requests = await client.load(200)
    const rows = await host.until(server.port, requests)
    await settle(host)
    assert.deepEqual(tally(host.rows(server.port)), [`GET /orders/{id} 200 ${requests}`])
    for (const { series } of rows) assert.equal(series.side, RequestSide.SERVER)
    assert.equal(opaque(host, server.port), 0)
  })

  test('whom it costs too much is let alone, which is told, and its connections are opaque from then on', async () => {
    host.configure({}, { probeShareMax: 1e-4 })
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0', 'tls'])
    await using client = loadOf(cgroup, [built.program, 'load', `https://${server.address}/orders/1`])
    await probes.in(host, server.child)
    const findings = () =>
      host.batches
        .flatMap(({ runtime }) => runtime?.findings ?? [])
        .filter(({ subject }) => subject.includes(`/${server.child.pid}@`))
    for (let turn = 0; findings().length === 0; turn++) {
      assert.ok(turn < 50, 'not too dear')
      await client.load(200)
      host.tick()
    }
    assert.match(findings()[0]!.message, /^reading the TLS of httpserve took .* of its CPU/)
    const urls = `https://${server.address}/late`
    for (let i = 0; i < 3; i++) await run('curl', ['-sk', urls])
    await settle(host)
    assert.ok(opaque(host, server.port) >= 3)
    assert.ok(!tally(host.rows(server.port)).some((text) => text.includes('/late')))
  })

  test('without probes nothing is read', async () => {
    host.configure({}, { probesOff: true })
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0', 'tls'])
    for (let i = 0; i < 10; i++) {
      host.tick()
      await sleep(100)
    }
    await run('curl', ['-sk', `https://${server.address}/`])
    await settle(host)
    assert.equal(host.tracer.report().requests?.tlsProcesses, 0)
    assert.equal(opaque(host, server.port), 1)
  })

  test('where nobody reads it, and where it is said that nobody shall, connections are opaque by their names', async () => {
    for (const tlsOff of [false, true]) {
      host.configure({ tlsOff })
      const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0', 'tls'])
      const node = createServer(makeCertificate(), (socket) => socket.end()).listen(0, '127.0.0.1')
      await once(node, 'listening')
      const { port } = node.address() as AddressInfo
      try {
        if (!tlsOff) await probes.in(host, server.child)
        const opened = tlsOff ? [port, server.port] : [port]
        for (const to of opened)
          for (let i = 0; i < 5; i++) {
            const socket = connect({
              port: to,
              host: '127.0.0.1',
              servername: 'shop.test',
              rejectUnauthorized: false,
            })
            await once(socket, 'secureConnect')
            socket.destroy()
          }
        await settle(host)
        for (const to of opened) assert.equal(opaque(host, to), 5, `port ${to}`)
        assert.equal((host.tracer.report().requests?.tlsProcesses ?? 0) > 0, !tlsOff)
      } finally {
        node.close()
      }
    }
  })

  test('of a connection from before, what comes after is told, and what is missing is not guessed', async () => {
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0', 'tls'])
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const ask = async (path: string) => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`)
      await once(socket, 'data')
    }
    await ask('/before')
    host.configure({})
    await probes.in(host, server.child)
    for (let i = 0; i < 10; i++) await ask('/after')
    socket.destroy()
    const rows = await host.until(server.port, 10)
    assert.deepEqual(tally(rows), ['GET /after 200 10'])
  })
})
