import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExchangeSeries, type RequestServer, type SlotNames } from './exchange-series.ts'
import { OpenStream } from './http2/streams/open-stream.ts'
import type { RequestSeries } from './request-source.ts'

const SERVER: RequestServer = { cgroupId: 7, port: 8080, side: 'server', address: '' }

const PLACE = { server: 1, client: 0, peer: 0 }
const NAMES: SlotNames = {
  server: () => SERVER,
  client: (slot) => (slot === 0 ? undefined : { pid: 100 + slot }),
}

function exchange(of: Partial<OpenStream>): OpenStream {
  return Object.assign(new OpenStream(1, false), { method: 'GET', path: '/', status: 200, ...of })
}

const told = (series: ExchangeSeries) =>
  series
    .read(NAMES)
    .map(({ method, path, status, grpcStatus, count }: RequestSeries) => [
      `${method} ${path} ${status} ${grpcStatus}`,
      count,
    ])

test('what is alike is added up, with identifiers as one and gRPC by its method', () => {
  const series = new ExchangeSeries()
  for (const path of ['/orders/1?x=/2', '/orders/22', '/orders/abc', '/orders/3#y'])
    series.add(PLACE, exchange({ path }))
  for (const grpcStatus of [0, 5, 5, undefined])
    series.add(PLACE, exchange({ path: '/shop.v1.Cart/123', method: 'POST', isGrpc: true, grpcStatus }))
  assert.deepEqual(told(series), [
    ['GET /orders/{id} 200 undefined', 3],
    ['GET /orders/abc 200 undefined', 1],
    ['POST /shop.v1.Cart/123 200 0', 1],
    ['POST /shop.v1.Cart/123 200 5', 2],
    ['POST /shop.v1.Cart/123 200 undefined', 1],
  ])
  assert.deepEqual(told(series), [])
  series.add(PLACE, exchange({ path: '/orders/9' }))
  assert.deepEqual(told(series), [['GET /orders/{id} 200 undefined', 1]])
})

test('clients are told apart', () => {
  const series = new ExchangeSeries()
  for (const client of [1, 0, 2, 1023, 1]) series.add({ ...PLACE, client }, exchange({}))
  assert.deepEqual(
    series.read(NAMES).map(({ client, count }) => [client, count]),
    [
      [{ pid: 101 }, 2],
      [undefined, 1],
      [{ pid: 102 }, 1],
      [{ pid: 1123 }, 1],
    ],
  )
})

test('what is not known is told as that, and what did not come as 0', () => {
  const series = new ExchangeSeries()
  series.add(PLACE, exchange({ path: undefined, method: undefined, hasUnknownFields: true }))
  series.add(PLACE, exchange({ status: undefined, hasUnknownFields: true }))
  series.add(PLACE, exchange({ status: undefined, end: 'closed' }))
  series.add(PLACE, exchange({ method: 'PROPFIND', grpcStatus: 999_999_999 }))
  assert.deepEqual(told(series), [
    ['undefined undefined 200 undefined', 1],
    ['GET / undefined undefined', 1],
    ['GET / 0 undefined', 1],
    ['undefined / 200 255', 1],
  ])
})

test('latency ends with the response’s first byte, of gRPC with its last; the buckets are those of OTLP', () => {
  const series = new ExchangeSeries()
  const times = { requestStartNs: 1000, responseStartNs: 3048, responseEndNs: 9000 }
  series.add({ ...PLACE, peer: 3 }, exchange(times))
  series.add({ ...PLACE, peer: 3 }, exchange({ ...times, isGrpc: true }))
  series.add({ ...PLACE, peer: 3 }, exchange({ ...times, responseStartNs: undefined, status: 0 }))
  const [plain, call, none] = series.read(NAMES)
  assert.deepEqual([plain?.peer, plain?.protocol, plain?.latencyNs], ['public', 'http/2', 2048])
  // 2048 is 2^11: of the bucket that ends there.
  assert.equal(plain?.latency.counts.indexOf(1), 7)
  assert.deepEqual([call?.protocol, call?.latencyNs], ['grpc', 8000])
  assert.equal(call?.latency.counts.indexOf(1), Math.ceil(Math.log2(8000) * 8) - 1 - 80)
  assert.equal(none?.latencyNs, 0)
  assert.ok(none?.latency.counts.every((count) => count === 0))
})

test('paths and series are bounded: the rest is told without one', () => {
  const series = new ExchangeSeries({ pathsOfServerMax: 3 })
  for (let i = 0; i < 10; i++) series.add(PLACE, exchange({ path: `/p${i}` }))
  series.add({ ...PLACE, server: 2 }, exchange({ path: '/p9' }))
  assert.deepEqual(told(series), [
    ['GET /p0 200 undefined', 1],
    ['GET /p1 200 undefined', 1],
    ['GET /p2 200 undefined', 1],
    ['GET undefined 200 undefined', 7],
    ['GET /p9 200 undefined', 1],
  ])
  const many = new ExchangeSeries({ pathsOfServerMax: 100_000 })
  for (let i = 0; i < 20_000; i++) many.add(PLACE, exchange({ path: `/p${i}` }))
  const rows = many.read(NAMES)
  assert.equal(rows.length, 8193)
  assert.equal(many.otherCount, 20_000 - 8192)
  const rest = rows.find(({ status }) => status === undefined)
  assert.deepEqual([rest?.method, rest?.path, rest?.count], [undefined, undefined, 20_000 - 8192])
  const long = new ExchangeSeries()
  long.add(PLACE, exchange({ path: `/${'x'.repeat(500)}` }))
  const [cut] = long.read(NAMES)
  assert.deepEqual([cut?.path?.length, cut?.pathCut], [160, true])
})
