import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cgroupRoot } from '@quadrant/ebpf'
import fc from 'fast-check'
import { frame, OPENING, SETTINGS_ACK } from '../http2/testing/frames.ts'
import { Http2Peer, NEEDS_PEER, type Seen } from '../http2/testing/http2-peer.ts'
import type { RequestSeries } from '../request-source.ts'
import { collapsePath } from './collapsed-path.ts'
import { type HttpSource, openHttpSource } from './http-source.ts'
import { LossyPath, SERVER_ADDRESS } from './testing/lossy-path.ts'
import { WatchedPeer } from './testing/watched-peer.ts'
import { WatchedServer } from './testing/watched-server.ts'

const NEEDS_TC = spawnSync('tc', ['-V']).status === 0 ? false : 'tc is not installed'

const NODE_SERVER = fileURLToPath(new URL('testing/node-http2-server.fixture.ts', import.meta.url))

const skip =
  process.getuid?.() !== 0
    ? 'needs root to load BPF programs'
    : cgroupRoot() === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : NEEDS_PEER

const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8

function tally(entries: Iterable<readonly [key: string, count: number]>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [key, count] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    counts.set(key, (counts.get(key) ?? 0) + count)
  return counts
}

const seriesOf = (rows: readonly RequestSeries[]) =>
  tally(rows.map((row) => [`${row.method} ${row.path} ${row.status} ${row.grpcStatus}`, row.count]))

/** The series that a client has seen. */
function seriesOfSeen(protocol: 'http' | 'grpc', seen: readonly Seen[]): ReadonlyMap<string, number> {
  return tally(
    seen.map(({ method, path, status, aborted }) => [
      protocol === 'http'
        ? `${method} ${collapsePath(path.replace(/\?.*/, ''))} ${status} undefined`
        : `${method} ${path} 200 ${aborted ? undefined : status}`,
      1,
    ]),
  )
}

/** A request without a body in a header block that needs no table, as Go's client writes its first bytes. */
function get(streamId: number, path: string, flags = END_STREAM | END_HEADERS): Buffer {
  return frame(1, flags, streamId, block(path))
}

function block(path: string): Buffer {
  const name = Buffer.from(path)
  // :method GET, :scheme http, :path and :authority as literals whose names have an index (RFC 7541, A).
  return Buffer.concat([Buffer.from([0x82, 0x86, 0x04, name.length]), name, Buffer.from([0x01, 1, 97])])
}

function connect(address: string): net.Socket {
  const [host, port] = address.split(':')
  const socket = net.connect({ host: host!, port: Number(port), noDelay: true })
  socket.on('error', () => undefined)
  return socket.resume()
}

/** Series until one of them is told. */
async function untilTold(source: HttpSource, key: string): Promise<ReadonlyMap<string, number>> {
  const told = new Map<string, number>()
  while (!told.has(key)) {
    await sleep(5)
    for (const [each, count] of seriesOf(source.read())) told.set(each, (told.get(each) ?? 0) + count)
  }
  return told
}

describe('requests of HTTP/2 seen in packets', { skip }, () => {
  let peer: Http2Peer
  let source: HttpSource
  before(() => {
    peer = new Http2Peer()
    source = openHttpSource()
  })
  after(() => {
    source[Symbol.dispose]()
    peer[Symbol.dispose]()
  })

  test('net/http: counts by method, path and status, bytes and latency are those of its client', async () => {
    await using watched = await WatchedPeer.start(peer, source)
    const seen = await peer.drive('http', watched.server.http, 600)
    const rows = await watched.series()
    assert.deepEqual(seriesOf(rows), seriesOfSeen('http', seen))
    for (const row of rows) {
      assert.deepEqual([row.protocol, row.side, row.peer], ['http/2', 'server', 'loopback'])
      assert.equal(`127.0.0.1:${row.serverPort}`, watched.server.http)
      const { counts, below, above } = row.latency
      assert.ok(counts.reduce((sum, count) => sum + count, below + above) <= row.count)
    }
    const sum = <T>(of: readonly T[], value: (one: T) => number) =>
      of.reduce((all, one) => all + value(one), 0)
    const whole = seen.filter(({ aborted }) => !aborted)
    const wholeRows = rows.filter(({ status }) => status !== 0)
    assert.ok(sum(wholeRows, (row) => row.requestBytes) >= sum(whole, (one) => one.requestBytes))
    assert.ok(sum(rows, (row) => row.responseBytes) >= sum(whole, (one) => one.responseBytes))
    assert.ok(sum(wholeRows, (row) => row.latencyNs) > 0)
    watched.checkStages()
    const { gaps, misread, unknown, unknownFields } = watched.http2()
    assert.deepEqual([gaps, misread, unknown, unknownFields], [0, 0, 0, 0])
  })

  test('grpc-go: methods and status, unary and streaming, broken off and early', async () => {
    await using watched = await WatchedPeer.start(peer, source)
    const seen = await peer.drive('grpc', watched.server.grpc, 600)
    const rows = await watched.series()
    assert.deepEqual(seriesOf(rows), seriesOfSeen('grpc', seen))
    for (const row of rows) assert.equal(row.protocol, 'grpc')
    const latencyNs = rows.reduce((all, row) => all + (row.grpcStatus === undefined ? 0 : row.latencyNs), 0)
    assert.ok(latencyNs <= seen.reduce((all, { durationNs }) => all + durationNs, 0))
    watched.checkStages()
  })

  test('Node: what is pushed is counted apart, padding is no body, a reset keeps its status', async () => {
    await using watched = await WatchedServer.start(source, process.execPath, [NODE_SERVER])
    const pushedBefore = source.http2().pushed
    const client = connectHttp2(`http://${watched.server.address}`, {
      paddingStrategy: constants.PADDING_STRATEGY_MAX,
    })
    client.on('stream', (pushed) => pushed.resume())
    const send = async (path: string, body = '') => {
      const stream = client.request({ ':path': path, ':method': 'POST', 'x-long': 'x'.repeat(20_000) })
      stream.on('error', () => {})
      const closed = once(stream, 'close').catch(() => undefined)
      stream.resume().end(body)
      await closed
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => send(`/orders/${i}`, 'z'.repeat(10))))
    for (const path of ['/push', '/missing/9', '/reset']) await send(path)
    client.close()
    await once(client, 'close')
    while (source.waiting() > 0) await sleep(5)
    const rows = source.read()
    assert.deepEqual(
      [...seriesOf(rows)],
      [
        ['POST /missing/{id} 404 undefined', 1],
        ['POST /orders/{id} 200 undefined', 20],
        ['POST /push 200 undefined', 1],
        ['POST /reset 200 undefined', 1],
      ],
    )
    const orders = rows.find(({ path }) => path === '/orders/{id}')
    assert.deepEqual([orders?.requestBytes, orders?.responseBytes], [200, 400])
    assert.equal(source.http2().pushed - pushedBefore, 1)
  })

  test('in pieces of three bytes, with CONTINUATION, padding and frames that tell nothing', async () => {
    await using watched = await WatchedPeer.start(peer, source)
    const socket = connect(watched.server.http)
    const long = block('/second?status=404')
    const bytes = Buffer.concat([
      OPENING,
      SETTINGS_ACK,
      frame(6, 0, 0, '0011223344556677'),
      frame(
        1,
        END_HEADERS,
        1,
        Buffer.concat([Buffer.from([0x83]), block('/first/1?status=201').subarray(1)]),
      ),
      frame(8, 0, 0, '00000100'),
      frame(0, PADDED, 1, '03aabbcc000000'),
      frame(0, PADDED | END_STREAM, 1, '00dd'),
      frame(1, END_STREAM, 3, long.subarray(0, 7)),
      frame(9, 0, 3, long.subarray(7, 7)),
      frame(9, END_HEADERS, 3, long.subarray(7)),
      get(5, '/third?status=200'),
    ])
    for (let at = 0; at < bytes.length; at += 3) {
      socket.write(bytes.subarray(at, at + 3))
      await sleep(1)
    }
    await watched.served(3)
    const rows = await watched.series()
    assert.deepEqual(
      [...seriesOf(rows)],
      [
        ['GET /second 404 undefined', 1],
        ['GET /third 200 undefined', 1],
        ['POST /first/{id} 201 undefined', 1],
      ],
    )
    assert.equal(rows.find(({ method }) => method === 'POST')?.requestBytes, 4)
    assert.equal(watched.counts().upgraded, 1)
    socket.destroy()
  })

  test('many streams in one packet', async () => {
    await using watched = await WatchedPeer.start(peer, source)
    const socket = connect(watched.server.http)
    const asked = Array.from({ length: 200 }, (_, i) => get(2 * i + 1, `/p${i % 7}?status=200`))
    socket.write(Buffer.concat([OPENING, ...asked]))
    await watched.served(200)
    assert.deepEqual(
      [...seriesOf(await watched.series())],
      Array.from({ length: 7 }, (_, i) => [`GET /p${i} 200 undefined`, i < 4 ? 29 : 28]),
    )
    socket.destroy()
  })

  test('a connection that was there before is known by its frames; what its tables have is unknown', async () => {
    await using watched = await WatchedPeer.start(peer, source)
    const { cgroup } = watched
    source.detach(cgroup.path)
    const socket = connect(watched.server.http)
    // Its path is added to the table.
    const first = block('/before?status=200')
    first[2] = 0x44
    socket.write(Buffer.concat([OPENING, frame(1, END_STREAM | END_HEADERS, 1, first)]))
    await watched.served(1)
    // What is answered meanwhile has gone by.
    await sleep(50)
    source.attach(cgroup.path)
    socket.write(get(3, '/literal?status=200'))
    await watched.served(2)
    socket.write(frame(1, END_STREAM | END_HEADERS, 5, Buffer.from([0x82, 0x86, 0xbe, 0x01, 1, 97])))
    await watched.served(3)
    socket.write(get(7, '/after?status=200'))
    const told = tally(await untilTold(source, 'GET /after 200 undefined'))
    assert.deepEqual(
      [...told],
      [
        ['GET /after 200 undefined', 1],
        ['GET /literal 200 undefined', 1],
        ['GET undefined 200 undefined', 1],
      ],
    )
    const { http2, joined } = watched.counts()
    assert.deepEqual([http2, joined], [1, 1])
    socket.destroy()
  })

  test('a ring that is full: what is missing is counted, and new connections are right', async () => {
    using small = openHttpSource({ http2RingBytes: 4096 })
    await using watched = await WatchedPeer.start(peer, small)
    const seen = await peer.drive('grpc', watched.server.grpc, 300)
    small.poll()
    assert.ok(small.counts().http2RingFull > 0)
    const whole = seriesOfSeen('grpc', seen)
    // Fields may be missing, and a call that is broken off is over before it shows that its answer was missed.
    const answered = small
      .read()
      .filter(({ path, grpcStatus }) => path !== undefined && grpcStatus !== undefined)
    for (const [key, count] of seriesOf(answered)) assert.ok(count <= (whole.get(key) ?? 0), key)
    watched.checkStages()
    const socket = connect(watched.server.http)
    socket.write(Buffer.concat([OPENING, get(1, '/fresh?status=200')]))
    const told = await untilTold(small, 'GET /fresh 200 undefined')
    assert.equal(told.get('GET /fresh 200 undefined'), 1)
    socket.destroy()
  })

  for (const protocol of ['http', 'grpc'] as const)
    test(
      `${protocol} over a path that loses packets: what is told is right, what is not is counted`,
      { skip: NEEDS_TC },
      async () => {
        await using watched = await WatchedPeer.start(peer, source, { isApart: true })
        using path = await LossyPath.open(watched.server.pid)
        const port = watched.server[protocol].replace(/.*:/, '')
        const seen = await peer.drive(protocol, `${SERVER_ADDRESS}:${port}`, 300, {
          atClient: (command) => path.atClient(command),
        })
        const rows = await watched.series()
        const whole = seriesOfSeen(protocol, seen)
        const known = rows.filter(
          ({ method, path: text, status }) => ![method, text, status].includes(undefined),
        )
        const counts = watched.http2()
        if (counts.gaps === 0) assert.deepEqual(seriesOf(rows), whole)
        for (const [key, count] of seriesOf(known)) assert.ok(count <= (whole.get(key) ?? 0), key)
        assert.ok(counts.seen <= seen.length)
        watched.checkStages()
        if (protocol === 'grpc') return
        assert.ok(path.lostPackets() > 0 && watched.counts().http2Unordered > 0)
      },
    )

  test('bytes that are not HTTP/2, or nearly: counts add up, and the next connection is right', async () => {
    await using watched = await WatchedPeer.start(peer, source)
    const message = Buffer.concat([
      OPENING,
      get(1, '/a?status=200'),
      frame(1, END_HEADERS, 3, block('/b?status=200')),
      frame(0, PADDED | END_STREAM, 3, '01aa00'),
      get(5, '/c?status=200'),
    ])
    const inputs = fc.sample(fc.tuple(fc.nat(message.length), fc.nat(20), fc.uint8Array({ maxLength: 30 })), {
      seed: 11,
      numRuns: 60,
    })
    for (const [at, removed, put] of inputs) {
      const socket = connect(watched.server.http)
      socket.end(Buffer.concat([message.subarray(0, at), put, message.subarray(at + removed)]))
      // Some the server would wait for to go on.
      setTimeout(() => socket.destroy(), 30)
      // An error may come before, which ends `once`.
      await new Promise((resolve) => socket.once('close', resolve))
      watched.source.poll()
    }
    watched.checkStages()
    watched.source.read()
    const socket = connect(watched.server.http)
    socket.write(Buffer.concat([OPENING, get(1, '/after?status=200')]))
    const told = await untilTold(watched.source, 'GET /after 200 undefined')
    assert.equal(told.get('GET /after 200 undefined'), 1)
    socket.destroy()
  })
})
