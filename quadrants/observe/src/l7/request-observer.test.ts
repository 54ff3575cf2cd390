// Real servers and clients, watched as an agent watches them: what a batch tells must be what the server logged.
import { create } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cgroupRoot } from '@quadrant/ebpf'
import {
  InstructionSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  RequestInstructionSchema,
} from '@quadrant/proto'
import { NEEDS_GO } from '../runtime/testing/needs-go.ts'
import { Http2Peer, NEEDS_PEER, PeerServer } from './http2/testing/http2-peer.ts'
import { BuiltServer, LoggedServer } from './kernel/testing/logged-server.ts'
import { TestCgroup } from './kernel/testing/test-cgroup.ts'
import { Host, streamsSeen, streamsTold, tally, tallyLog } from './testing/request-host.ts'

const run = promisify(execFile)

const skip =
  process.getuid?.() !== 0
    ? 'needs root to load BPF programs'
    : cgroupRoot() === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : NEEDS_GO.skip

describe('requests in the batches of a tracer', { skip }, () => {
  let built: BuiltServer
  /** One for all: loading takes seconds. */
  let host: Host

  before(() => {
    built = new BuiltServer()
    host = new Host()
  })
  after(() => {
    host[Symbol.dispose]()
    built[Symbol.dispose]()
  })

  test('counts by method, route and status are the server’s own, with both ends', async () => {
    await using cgroup = new TestCgroup()
    host.configure({})
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0'])
    const { stdout } = await run(built.program, ['ask', `http://${server.address}`, '20'])
    const asked = stdout.trim().split('\n').length
    const rows = await host.until(server.port, asked)
    assert.deepEqual(tally(rows), tallyLog(server.lines))
    for (const { series, client, server: serving } of rows) {
      assert.match(serving, new RegExp(`^${server.child.pid}@\\d+$`))
      assert.match(client, /^\d+@\d+$/)
      assert.notEqual(client, serving)
      assert.deepEqual(
        [series.protocol, series.side, series.source],
        [RequestProtocol.HTTP1, RequestSide.SERVER, RequestSource.PACKETS],
      )
      assert.equal(series.outcome === RequestOutcome.ABORTED, series.httpStatus === 0)
      const timed = (series.durations?.counts ?? []).reduce((sum, count) => sum + count, 0)
      assert.equal(timed, series.httpStatus === 0 ? 0 : series.count)
    }
    const { requests } = host.tracer.report()
    assert.ok(requests!.requests >= asked)
  })

  test(
    'gRPC and HTTP/2 without TLS: methods and status are those that the client saw, with both ends',
    {
      skip: NEEDS_PEER,
    },
    async () => {
      using peer = new Http2Peer()
      await using cgroup = new TestCgroup()
      host.configure({})
      await using server = await PeerServer.start(peer, {
        spawnServer: (program, args) => cgroup.spawn(program, args, ['pipe', 'pipe', 'inherit']),
      })
      const protocols = { grpc: RequestProtocol.GRPC, http: RequestProtocol.HTTP2 }
      for (const name of ['grpc', 'http'] as const) {
        const address = server[name]
        // Two clients at once, which only the kernel can tell apart.
        const seenBy = await Promise.all([120, 70].map((count) => peer.drive(name, address, count)))
        const seen = seenBy.flat()
        const rows = await host.until(Number(address.split(':')[1]), seen.length)
        assert.deepEqual(streamsTold(name, rows), streamsSeen(name, seen))
        const counts = new Map<string, number>()
        for (const { series, client } of rows) counts.set(client, (counts.get(client) ?? 0) + series.count)
        assert.deepEqual(
          [...counts.values()].toSorted((a, b) => b - a),
          seenBy.map(({ length }) => length),
        )
        for (const { series, client, server: serving } of rows) {
          assert.match(serving, new RegExp(`^${server.pid}@\\d+$`))
          assert.match(client, /^\d+@\d+$/)
          assert.notEqual(client, serving)
          assert.deepEqual(
            [series.protocol, series.side, series.source],
            [protocols[name], RequestSide.SERVER, RequestSource.PACKETS],
          )
        }
      }
      assert.ok(!host.tracer.blindSpots.some((spot) => spot.includes('HTTP/2')))
    },
  )

  test('several clients of one server are told apart, by process', async () => {
    await using cgroup = new TestCgroup()
    host.configure({})
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0'])
    const asking = [3, 5].map((count) => ({
      count,
      child: cgroup.spawn(built.program, ['ask', `http://${server.address}`, String(count)], 'ignore'),
    }))
    // A third one, of another service.
    const socket = connect(server.port, '127.0.0.1')
    for (let i = 0; i < 7; i++) {
      const answer = once(socket, 'data')
      socket.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
      await answer
    }
    const rows = await host.until(server.port, 14 * 8 + 7)
    const counts = new Map<string, number>()
    for (const { series, client } of rows) {
      const pid = client.split('@')[0]!
      counts.set(pid, (counts.get(pid) ?? 0) + series.count)
    }
    assert.equal(counts.get(String(process.pid)), 7)
    for (const { child, count } of asking) assert.equal(counts.get(String(child.pid)), 14 * count)
    socket.destroy()
  })

  test('what a process asks of itself is told once', async () => {
    host.configure({})
    await using server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) {
        const answer = await fetch(`http://127.0.0.1:${port}/hello`)
        await answer.text()
      }
      host.tick()
    }
    for (let i = 0; i < 5; i++) host.tick()
    const rows = host.rows(port)
    assert.equal(
      rows.reduce((sum, { series }) => sum + series.count, 0),
      100,
    )
    for (const { client, server: serving } of rows) assert.equal(client, serving)
    server.closeAllConnections()
  })

  test('a chosen service is seen at its own sockets, whoever answers it, and no other one', async () => {
    await using cgroup = new TestCgroup()
    await using other = new TestCgroup()
    host.tracer.configure(
      create(InstructionSchema, {
        probesOff: true,
        profilesOff: true,
        requests: create(RequestInstructionSchema, { services: ['cho*'] }),
        serviceRules: [{ service: 'chosen', argument: 'ask' }],
      }),
    )
    host.begin()
    const server = await LoggedServer.start(other, built.program, ['serve', '127.0.0.1:0'])
    const ask = () => once(cgroup.spawn(built.program, ['ask', `http://${server.address}`, '150']), 'exit')
    const asking = ask()
    // Chosen services are looked for every five ticks.
    for (let i = 0; i < 12; i++) {
      host.tick()
      await sleep(30)
    }
    await asking
    const rows = await host.until(server.port, 1)
    for (const { series, client, server: serving } of rows) {
      assert.equal(series.side, RequestSide.CLIENT)
      assert.notEqual(client, serving)
    }
  })

  test('requests that a rule asks for are told whole and without secrets, once, and no other', async () => {
    await using cgroup = new TestCgroup()
    const samplingRules = [
      { id: 'high', header: 'X-Trace-Sampling', value: 'high' },
      { id: 'debug', header: 'x-debug', route: '/orders/{id}' },
      { id: 'h2', header: 'x-debug', protocol: RequestProtocol.HTTP2 },
      { id: '', header: 'x' },
    ]
    host.configure({ samplingRules, redactedHeaders: ['x-mine'] })
    assert.deepEqual(
      host.tracer.blindSpots.filter((spot) => spot.includes('ampling')),
      ['requests: sampling_rules[3].id is empty'],
    )
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0'])
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const socket = connect(server.port, '127.0.0.1')
    const send = async (target: string, fields: readonly string[]) => {
      const answer = once(socket, 'data')
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: shop\r\n${fields.map((line) => `${line}\r\n`).join('')}\r\n`,
      )
      await answer
      host.tracer.poll()
    }
    const secrets = ['Authorization: Bearer s3cret-s3cret', 'X-Mine: s3cret', 'Cookie: a=s3cret']
    for (let i = 0; i < 20; i++) await send(`/orders/${i}`, [])
    await send('/orders/7?token=s3cret', ['x-TRACE-sampling: HIGH', `traceparent: ${trace}`, ...secrets])
    await send('/orders/8', ['X-Debug: 1'])
    await send('/basket', ['X-Debug: 1'])
    await host.until(server.port, 23)
    const told = host.captures()
    assert.deepEqual(
      told.map(({ capture: { rule, method, route, httpStatus, side } }) => [
        rule,
        method,
        route,
        httpStatus,
        side,
      ]),
      [
        ['high', 'GET', '/orders/{id}', 200, RequestSide.SERVER],
        ['debug', 'GET', '/orders/{id}', 200, RequestSide.SERVER],
      ],
    )
    const [{ capture, ends, process: at }] = told as [(typeof told)[0]]
    assert.deepEqual(ends, [String(process.pid), String(server.child.pid)])
    assert.equal(at, String(server.child.pid))
    assert.deepEqual(
      [capture.target, capture.authority, capture.clientPort, capture.serverPort],
      ['/orders/7?token=[redacted]', 'shop', socket.localPort, server.port],
    )
    assert.deepEqual(capture.serverAddress, Uint8Array.of(127, 0, 0, 1))
    assert.equal(Buffer.from(capture.traceId).toString('hex'), trace.slice(3, 35))
    assert.equal(Buffer.from(capture.parentSpanId).toString('hex'), trace.slice(36, 52))
    assert.ok(Math.abs(capture.startNs / 1e6 - Date.now()) < 60_000)
    assert.ok(capture.responseStartNs > 0)
    assert.ok(capture.responseHeaders.some(({ name, value }) => name === 'content-length' && value === '5'))
    assert.ok(!JSON.stringify(host.batches.map(({ requests }) => requests)).includes('s3cret'))
    const { requests } = host.tracer.report()
    assert.deepEqual([requests?.headerScan, requests?.captures, requests?.capturesCapped], [true, 2, 0])
    host.configure({ redactedHeaders: ['x-mine'] })
    assert.equal(host.tracer.report().requests?.headerScan, false)
    assert.ok(host.tracer.report().requests!.generation > requests!.generation)
    socket.destroy()
  })

  test('a chosen service is told precisely, each request once, and by packets again when it is not', async () => {
    await using cgroup = new TestCgroup()
    const configure = (preciseServices: readonly string[]) =>
      host.tracer.configure(
        create(InstructionSchema, {
          probesOff: true,
          profilesOff: true,
          requests: create(RequestInstructionSchema, { preciseServices: [...preciseServices] }),
          serviceRules: [{ service: 'exact', argument: 'serve' }],
        }),
      )
    configure([])
    host.begin()
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0'])
    const socket = connect(server.port, '127.0.0.1')
    const ask = async (path: string) => {
      const answer = once(socket, 'data')
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await answer
      host.tracer.poll()
    }
    const send = async (path: string, count: number) => {
      for (let i = 0; i < count; i++) await ask(path)
    }
    const told = (source: RequestSource) =>
      tally(host.rows(server.port).filter(({ series }) => series.source === source))
    await send('/before', 10)
    host.tick()
    configure(['ex*'])
    await send('/during', 20)
    // In one write: the case that packets undercount, and after which they lose the connection.
    const ahead = connect(server.port, '127.0.0.1')
    const answered = (async () => {
      while (server.lines.length < 1030) {
        host.tracer.poll()
        await sleep(5)
      }
    })()
    ahead.resume()
    ahead.write('GET /ahead HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000))
    await answered
    ahead.destroy()
    for (let i = 0; i < 5; i++) host.tick()
    const { requests, programs = [] } = host.tracer.report()
    assert.equal(requests!.preciseServices, 1)
    assert.ok(programs.some(({ name }) => name === 'stream_receive'))
    assert.ok(!host.tracer.blindSpots.some((spot) => spot.includes('precise')))
    configure([])
    await send('/after', 15)
    await host.until(server.port, 1045)
    for (let i = 0; i < 5; i++) host.tick()
    assert.deepEqual(told(RequestSource.SOCKETS), ['GET /ahead 200 1000', 'GET /during 200 20'])
    assert.deepEqual(told(RequestSource.PACKETS), ['GET /after 200 15', 'GET /before 200 10'])
    for (const { client, server: serving } of host.rows(server.port)) {
      assert.match(serving, new RegExp(`^${server.child.pid}@\\d+$`))
      assert.match(client, new RegExp(`^${process.pid}@\\d+$`))
    }
    assert.equal(host.tracer.report().requests!.preciseServices, 0)
    assert.ok(!(host.tracer.report().programs ?? []).some(({ name }) => name.startsWith('stream_')))
    socket.destroy()
  })

  test(
    'of HTTP/2 and gRPC a rule’s requests are told whole, too, with the process that answered',
    { skip: NEEDS_PEER },
    async () => {
      using peer = new Http2Peer()
      await using server = await PeerServer.start(peer)
      const high = { header: 'x-trace-sampling', value: 'high' }
      host.configure({
        samplingRules: [
          { id: 'h2', ...high, protocol: RequestProtocol.HTTP2 },
          { id: 'grpc', ...high, protocol: RequestProtocol.GRPC, route: '/shop.v1.Cart/*' },
        ],
        redactedHeaders: ['x-mine'],
      })
      for (const protocol of ['http', 'grpc'] as const) {
        // As an agent does: a connection that no tick has seen alive has no addresses.
        const timer = setInterval(() => host.tick(), 50)
        const { asked } = await peer.sampled(protocol, server[protocol], { count: 6000, every: 1500 })
        clearInterval(timer)
        const port = Number(server[protocol].split(':')[1])
        await host.until(port, 6000)
        host.tick()
        const told = host.captures().filter(({ capture }) => capture.serverPort === port)
        const request = ({ capture }: (typeof told)[0]) =>
          capture.requestHeaders.find(({ name }) => name === 'x-request')?.value
        assert.deepEqual(new Set(told.map(request)), new Set(asked))
        assert.equal(told.length, asked.length)
        for (const { capture, ends, process: at } of told) {
          assert.deepEqual([at, ends[1]], [String(server.pid), String(server.pid)])
          assert.deepEqual(
            [capture.rule, capture.protocol, capture.route, capture.httpStatus, capture.grpcStatus],
            protocol === 'grpc'
              ? ['grpc', RequestProtocol.GRPC, '/shop.v1.Cart/Get', 200, 0]
              : ['h2', RequestProtocol.HTTP2, '/item/{id}', 200, undefined],
          )
          assert.deepEqual(
            [capture.outcome, capture.source, capture.side],
            [RequestOutcome.ANSWERED, RequestSource.PACKETS, RequestSide.SERVER],
          )
          assert.equal(capture.authority, server[protocol])
          assert.ok(capture.stream % 2 === 1 && capture.cookie > 0 && capture.clientPort > 0)
          assert.equal(capture.traceId.length, 16)
          const { requestEndNs, responseStartNs, responseEndNs } = capture
          assert.ok(responseStartNs > 0 && responseEndNs >= responseStartNs && responseEndNs >= requestEndNs)
        }
      }
      assert.ok(!JSON.stringify(host.batches.map(({ requests }) => requests)).includes('s3cret'))
      host.configure({})
    },
  )

  test('however many paths a service has, so many routes are told, and every request is counted', async () => {
    await using cgroup = new TestCgroup()
    host.configure({ routesPerServiceMax: 20 })
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0'])
    const socket = connect(server.port, '127.0.0.1')
    for (let i = 0; i < 1500; i++) {
      const answer = once(socket, 'data')
      socket.write(
        `GET /${'abcdefghij'[i % 10]}${i.toString(26).replaceAll(/\d/g, 'x')}/y HTTP/1.1\r\nHost: a\r\n\r\n`,
      )
      await answer
    }
    const rows = await host.until(server.port, 1500)
    const routes = new Set(rows.map(({ series }) => series.route))
    assert.ok(routes.size <= 21)
    const counted = rows.reduce((sum, { series }) => sum + series.count, 0)
    assert.equal(counted, 1500)
    socket.destroy()
  })

  test('off takes the programs away', () => {
    host.configure({ off: true })
    assert.equal(host.tracer.report().requests, undefined)
    const { programs = [] } = host.tracer.report()
    assert.ok(!programs.some(({ name }) => name.startsWith('http')))
    assert.ok(!host.tracer.blindSpots.some((spot) => spot.startsWith('requests')))
  })
})
