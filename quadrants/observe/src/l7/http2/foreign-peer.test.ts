import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { HpackDecoder } from './hpack/hpack-decoder.ts'
import { NameSet } from './hpack/name-set.ts'
import type { HttpExchange } from './streams/http-exchange.ts'
import { CaptureProxy, type Piece, recut, understand } from './testing/capture.ts'
import { Http2Peer, NEEDS_PEER, PeerServer, type Seen, type Served } from './testing/http2-peer.ts'

const ASKED = ['x-request', 'x-trace-sampling']

let peer: Http2Peer

before(() => {
  if (NEEDS_PEER === false) peer = new Http2Peer()
})
after(() => peer?.[Symbol.dispose]())

/** Numbers that are the same in each run (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

function byRequest(exchanges: readonly HttpExchange[]): Map<string, HttpExchange> {
  const map = new Map(exchanges.map((exchange) => [exchange.fields.get('x-request')!, exchange]))
  assert.equal(map.size, exchanges.length, 'one exchange a request')
  return map
}

test("what Go's encoder wrote is decoded to what it was given", { skip: NEEDS_PEER }, () => {
  const all = new HpackDecoder()
  const few = new HpackDecoder({ names: new NameSet([':path', 'cookie', 'x-7']) })
  for (const { hex, fields, tableBytes } of peer.lists(7541, 3000)) {
    const block = Buffer.from(hex, 'hex')
    const told: [string, string][] = []
    const toldOfFew: [string, string][] = []
    if (tableBytes !== undefined) for (const decoder of [all, few]) decoder.allowTable(tableBytes)
    all.decode(block, 0, block.length, { field: (name, value) => told.push([name, value!]) })
    few.decode(block, 0, block.length, { field: (name, value) => toldOfFew.push([name, value!]) })
    assert.deepEqual(told, fields)
    assert.deepEqual(
      toldOfFew,
      fields.filter(([name]) => [':path', 'cookie', 'x-7'].includes(name)),
    )
    assert.deepEqual(few.known, all.known)
  }
})

test(
  'who joins late tells what the encoder was given, or that it is unknown, and knows the table again',
  { skip: NEEDS_PEER },
  () => {
    const lists = peer.lists(11, 1450)
    let blind = 0
    let whole = 0
    for (let from = 1; from < 1200; from += 29) {
      const decoder = new HpackDecoder({ isJoined: true })
      const missing: number[] = []
      for (const { hex, fields } of lists.slice(from, from + 250)) {
        const block = Buffer.from(hex, 'hex')
        const told: [string, string][] = []
        const unknown = decoder.decode(block, 0, block.length, {
          field: (name, value) => told.push([name, value!]),
        })
        assert.equal(told.length + unknown, fields.length)
        missing.push(unknown)
        // What is told stands in the list, in its order.
        let at = 0
        for (const [name, value] of told) {
          while (at < fields.length && (fields[at]![0] !== name || fields[at]![1] !== value)) at++
          assert.ok(at++ < fields.length, `${name}: ${value} is not in the list`)
        }
      }
      if (missing.slice(0, 10).some((count) => count > 0)) blind++
      assert.deepEqual(missing.slice(-50), new Array(50).fill(0))
      if (decoder.unknownEntryCountMax === 0) whole++
    }
    // Not all: some join where the table has just been emptied.
    assert.ok(blind >= 10, `${blind}`)
    // Nor is each table known to be whole: its encoder may have room for more than it has used since.
    assert.ok(whole >= 10, `${whole}`)
  },
)

/** Captures what Go's client and server say to each other. */
async function capture(protocol: 'http' | 'grpc', count: number) {
  let served: Served[]
  let seen: Seen[]
  let connections: Piece[][]
  {
    await using server = await PeerServer.start(peer)
    await using proxy = await CaptureProxy.start(server[protocol])
    seen = await peer.drive(protocol, proxy.address, count)
    await proxy.idle()
    ;({ served } = server)
    ;({ connections } = proxy)
  }
  return { served, seen, connections }
}

test(
  'net/http: each exchange is what client and server saw, in any pieces',
  { skip: NEEDS_PEER },
  async () => {
    const { served, seen, connections } = await capture('http', 400)
    assert.equal(connections.length, 1)
    const pieces = connections[0]!
    const next = random(9113)
    const cuts = [
      () => Infinity,
      () => 1 + next(5),
      () => 1 + next(3000),
      () => (next(3) === 0 ? 1 : 1 + next(60)),
    ]
    for (const length of cuts) {
      const { exchanges, connection } = understand(recut(pieces, length), { fields: ASKED })
      assert.equal(connection.opaque, undefined)
      // Some fields that nobody asks for are longer than what is kept.
      const { exchanges: counts, strayFrames: _, longStrings, ...rest } = connection.counts()
      assert.ok(longStrings > 0)
      assert.deepEqual(counts, { seen: 400, kept: 400, open: 0, overflow: 0 })
      assert.deepEqual(
        { ...rest, frames: 0 },
        { frames: 0, opaqueBytes: 0, missingBytes: 0, lostBlocks: 0, unknownFields: 0 },
      )
      const told = byRequest(exchanges)
      for (const one of seen) checkSeen(told.get(one.request)!, one)
      for (const one of served) {
        const { method, path, authority, requestBytes, responseBytes, status } = told.get(one.request)!
        assert.deepEqual(
          { request: one.request, method, path, authority, requestBytes, responseBytes, status },
          one,
        )
      }
    }
  },
)

function checkSeen(told: HttpExchange, one: Seen): void {
  assert.equal(told.method, one.method)
  assert.equal(told.path, one.path)
  assert.equal(told.isGrpc, false)
  assert.equal(told.fields.get('x-trace-sampling'), one.sampling)
  assert.deepEqual(told.informational, one.informational ?? [])
  assert.ok(told.requestStartNs! <= told.endNs)
  if (one.aborted) {
    assert.equal(told.end, 'reset')
    assert.equal(told.resetBy, told.path.includes('hang') ? 'client' : 'server')
    assert.equal(
      told.errorCode,
      told.resetBy === 'client' ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_INTERNAL_ERROR,
    )
    return
  }
  assert.equal(told.end, 'complete')
  assert.equal(told.status, one.status)
  assert.equal(told.responseBytes, one.responseBytes)
  assert.equal(told.requestBytes, one.requestBytes)
  const { requestStartNs, requestEndNs, responseStartNs, responseEndNs } = told
  assert.ok(requestStartNs! <= requestEndNs! && responseStartNs! <= responseEndNs!)
  // The proxy is between: it sees a part of what the client waits for.
  assert.ok(responseEndNs! - requestStartNs! <= one.durationNs)
}

test('grpc-go: services, methods and the status that the client saw', { skip: NEEDS_PEER }, async () => {
  const { served, seen, connections } = await capture('grpc', 400)
  const next = random(3)
  for (const length of [() => Infinity, () => 1 + next(40)]) {
    const all = connections.map((pieces) => understand(recut(pieces, length), { fields: ASKED }))
    const told = byRequest(all.flatMap(({ exchanges }) => exchanges))
    assert.equal(told.size, seen.length)
    for (const one of seen) {
      const exchange = told.get(one.request)!
      assert.ok(exchange.isGrpc)
      assert.equal(`/${exchange.grpcService}/${exchange.grpcMethod}`, one.path)
      if (one.aborted) {
        assert.deepEqual([exchange.end, exchange.resetBy], ['reset', 'client'])
        continue
      }
      assert.equal(exchange.end, 'complete')
      assert.equal(exchange.status, 200)
      assert.equal(exchange.grpcStatus, one.status)
      assert.equal(exchange.grpcMessage, one.status === 0 ? '' : 'as you wish: %C3%BC')
    }
    for (const one of served) assert.equal(told.get(one.request)!.grpcStatus, one.status)
  }
})

test('Node: pushes, padding, resets and what ends with the connection', async () => {
  const log: unknown[] = []
  const server = createServer({ paddingStrategy: constants.PADDING_STRATEGY_MAX })
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    const path = headers[':path']!
    if (path === '/push')
      stream.pushStream({ ':path': '/pushed' }, (_error, pushed) => {
        pushed.respond({ ':status': 203 })
        pushed.end('x'.repeat(1000))
      })
    if (path === '/never') return
    if (path === '/reset') {
      stream.respond({ ':status': 200 })
      stream.write('abc', () => stream.destroy(new Error('as you wish')))
      return
    }
    let bytes = 0
    stream.on('data', (data: Buffer) => (bytes += data.length))
    stream.on('end', () => {
      log.push([path, bytes])
      stream.additionalHeaders({ ':status': 102 })
      stream.respond({ ':status': path === '/push' ? 200 : 404, 'content-type': 'text/plain' })
      stream.end('y'.repeat(bytes))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using proxy = await CaptureProxy.start(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client = connect(`http://${proxy.address}`, {
    paddingStrategy: constants.PADDING_STRATEGY_MAX,
    settings: { headerTableSize: 100, maxFrameSize: 20_000, maxHeaderListSize: 2 ** 20 },
  })
  const pushes: string[] = []
  client.on('stream', (stream, headers) => {
    pushes.push(headers[':path'])
    stream.resume()
  })
  const send = async (path: string, body = '') => {
    const stream = client.request({ ':path': path, ':method': 'POST', 'x-request': path })
    stream.on('error', () => {})
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.resume().end(body)
    await closed
  }
  for (let i = 0; i < 5; i++) await send('/push', 'z'.repeat(i * 9000))
  await send('/reset')
  await Promise.all(Array.from({ length: 20 }, (_, i) => send(`/${i}`, 'z'.repeat(i))))
  const never = client.request({ ':path': '/never', 'x-request': '/never' })
  never.on('error', () => {})
  // An answer to a ping says that the server has the request.
  await new Promise((resolve) => client.ping(resolve))
  client.destroy()
  await proxy.idle()
  server.close()
  assert.equal(pushes.length, 5)

  const next = random(7)
  for (const length of [() => Infinity, () => 1 + next(30)]) {
    const { exchanges, connection } = understand(recut(proxy.connections[0]!, length), { fields: ASKED })
    assert.equal(connection.opaque, undefined)
    const told = (exchange: HttpExchange) => [exchange.path, exchange.requestBytes]
    const finished = exchanges.filter(({ end, isPushed }) => end === 'complete' && !isPushed)
    assert.deepEqual(new Set(finished.map(told).map(String)), new Set(log.map(String)))
    for (const { path, status, requestBytes, responseBytes, informational } of finished) {
      assert.equal(status, path === '/push' ? 200 : 404)
      assert.equal(responseBytes, requestBytes)
      assert.deepEqual(informational, [102])
    }
    const pushed = exchanges.filter(({ isPushed }) => isPushed)
    assert.deepEqual(
      pushed.map(({ path, status, responseBytes, end }) => [path, status, responseBytes, end]),
      Array.from({ length: 5 }, () => ['/pushed', 203, 1000, 'complete']),
    )
    const others = exchanges.filter(({ end }) => end !== 'complete')
    assert.deepEqual(
      others.map(({ path, end, status, resetBy, errorCode }) => [path, end, status, resetBy, errorCode]),
      [
        ['/reset', 'reset', 200, 'server', constants.NGHTTP2_INTERNAL_ERROR],
        // Whether Node says what it does before it goes, differs.
        others[1]?.end === 'reset'
          ? ['/never', 'reset', undefined, 'client', constants.NGHTTP2_CANCEL]
          : ['/never', 'closed', undefined, undefined, undefined],
      ],
    )
  }
})
