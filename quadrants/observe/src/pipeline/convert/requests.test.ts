import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  BatchSchema,
  DurationHistogramSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  type RequestCaptureSchema,
  type RequestSeriesSchema,
} from '@quadrant/proto'
import fc from 'fast-check'
import { textOf } from '../attribute.ts'
import { BatchConverter } from './convert-batch.ts'
import { durationPoint } from './duration-point.ts'

const START_NS = 1_700_000_000 * 1e9
const SCALE = 3

type SeriesInit = Exclude<MessageInitShape<typeof RequestSeriesSchema>, { $typeName: string }>
type CaptureInit = Exclude<MessageInitShape<typeof RequestCaptureSchema>, { $typeName: string }>

/** A second of web (1), db (2) and an address. */
function batchOf(series: SeriesInit[], captures: CaptureInit[] = []) {
  return create(BatchSchema, {
    startNs: START_NS,
    endNs: START_NS + 1e9,
    processes: [
      { key: '1@1', pid: 1, service: 'web', comm: 'web' },
      { key: '2@1', pid: 2, service: 'db', comm: 'db' },
    ],
    endpoints: [
      { kind: { case: 'processKey', value: '1@1' } },
      { kind: { case: 'processKey', value: '2@1' } },
      { kind: { case: 'address', value: Uint8Array.of(10, 0, 0, 7) } },
    ],
    requests: { series, captures },
  })
}

const SERVED: SeriesInit = {
  client: 0,
  server: 1,
  serverPort: 8080,
  protocol: RequestProtocol.HTTP1,
  side: RequestSide.SERVER,
  source: RequestSource.PACKETS,
  outcome: RequestOutcome.ANSWERED,
  method: 'GET',
  route: '/users/{id}',
  httpStatus: 200,
  count: 1,
  durations: { scale: SCALE, offset: 160, counts: [1], sumNs: 1.1e6, minNs: 1.1e6, maxNs: 1.1e6 },
}

/** Points of all metrics, with the service that tells each. */
function pointsOf(series: SeriesInit[]) {
  const { resourceMetrics } = new BatchConverter('1').convert('alpha', batchOf(series))
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ name, unit, data }) =>
        data.case === 'exponentialHistogram' || data.case === 'sum'
          ? data.value.dataPoints.map((point) => ({
              service: textOf(resource!.attributes.find(({ key }) => key === 'service.name')?.value),
              name,
              unit,
              point,
              attributes: Object.fromEntries(point.attributes.map(({ key, value }) => [key, textOf(value)])),
            }))
          : [],
      ),
    ),
  )
}

test('a histogram in seconds has every time at most a bucket and a half away from the sorted ones', () => {
  const times = fc.array(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(times, fc.integer({ min: -2, max: 5 }), fc.constantFrom(1e9, 1e6), (ns, scale, unit) => {
      const buckets = new Map<number, number>()
      for (const one of ns) {
        const index = Math.ceil(Math.log2(one) * 2 ** scale) - 1
        buckets.set(index, (buckets.get(index) ?? 0) + 1)
      }
      const offset = Math.min(...buckets.keys())
      const point = durationPoint(
        create(DurationHistogramSchema, {
          scale,
          offset,
          counts: Array.from(
            { length: Math.max(...buckets.keys()) - offset + 1 },
            (_, i) => buckets.get(offset + i) ?? 0,
          ),
          sumNs: ns.reduce((sum, one) => sum + one, 0),
          minNs: Math.min(...ns),
          maxNs: Math.max(...ns),
        }),
        unit,
      )
      assert.equal(Number(point.count), ns.length)
      assert.ok(Math.abs(point.sum! - ns.reduce((sum, one) => sum + one / unit, 0)) < 1e-9 * point.sum!)
      const base = 2 ** (2 ** -scale)
      const sorted = ns.toSorted((a, b) => a - b)
      let rank = 0
      for (const [i, count] of point.positive!.bucketCounts.entries())
        for (let left = Number(count); left > 0; left--) {
          const upper = base ** (point.positive!.offset + i + 1)
          const exact = sorted[rank++]! / unit
          const away = Math.log(exact / upper) / Math.log(base)
          // In its own bucket it would lie from -1 to 0.
          assert.ok(away > -1.5 - 1e-6 && away <= 0.5 + 1e-6, `${exact}: ${away} buckets above ${upper}`)
        }
    }),
    { seed: 4, numRuns: 200 },
  )
})

test('attributes follow the conventions', () => {
  const rows: [SeriesInit, name: string, service: string, expected: Record<string, string>][] = [
    [
      {},
      'http.server.request.duration',
      'db',
      {
        'http.request.method': 'GET',
        'http.route': '/users/{id}',
        'http.response.status_code': '200',
        'network.protocol.name': 'http',
        'network.protocol.version': '1.1',
        'network.transport': 'tcp',
        'server.port': '8080',
        'service.peer.name': 'web',
        'url.scheme': 'http',
      },
    ],
    [
      { side: RequestSide.CLIENT, server: 2, source: RequestSource.TLS, httpStatus: 404, method: '~other' },
      'http.client.request.duration',
      'web',
      {
        'http.request.method': '_OTHER',
        'url.template': '/users/{id}',
        'http.response.status_code': '404',
        'error.type': '404',
        'network.protocol.name': 'http',
        'network.protocol.version': '1.1',
        'network.transport': 'tcp',
        'server.address': '10.0.0.7',
        'server.port': '8080',
        'url.scheme': 'https',
      },
    ],
    [
      {
        protocol: RequestProtocol.GRPC,
        route: '/shop.Cart/Add',
        method: 'POST',
        grpcStatus: 14,
      },
      'rpc.server.duration',
      'db',
      {
        'rpc.system': 'grpc',
        'rpc.service': 'shop.Cart',
        'rpc.method': 'Add',
        'rpc.grpc.status_code': '14',
        'error.type': 'UNAVAILABLE',
        'network.transport': 'tcp',
        'server.port': '8080',
        'service.peer.name': 'web',
      },
    ],
  ]
  for (const [change, name, service, expected] of rows) {
    const [found, ...more] = pointsOf([{ ...SERVED, ...change }])
    assert.equal(more.length, 0)
    assert.deepEqual(
      [found!.name, found!.service, found!.unit],
      [name, service, name.startsWith('rpc') ? 'ms' : 's'],
    )
    assert.deepEqual(found!.attributes, expected)
  }
  const error = (change: SeriesInit) => pointsOf([{ ...SERVED, ...change }])[0]!.attributes['error.type']
  assert.deepEqual(
    [
      error({ httpStatus: 404 }),
      error({ httpStatus: 503 }),
      error({ outcome: RequestOutcome.ABORTED, httpStatus: 0 }),
    ],
    [undefined, '503', 'aborted'],
  )
})

test('series that differ in nothing that is told are one point; what was not timed is counted beside it', () => {
  const points = pointsOf([
    { ...SERVED, count: 5 },
    { ...SERVED, source: RequestSource.SOCKETS, count: 2 },
    { ...SERVED, route: '/other', count: 3, durations: undefined },
  ])
  const rows = points.map(({ name, attributes, point }) => [
    name,
    attributes['http.route'],
    'count' in point ? Number(point.count) : Number(point.value.value),
  ])
  assert.deepEqual(rows, [
    ['http.server.request.duration', '/users/{id}', 2],
    ['quadrant.requests.untimed', '/users/{id}', 5],
    ['quadrant.requests.untimed', '/other', 3],
  ])
})

test('a request in full is a span of its trace', () => {
  const captured: CaptureInit = {
    client: 2,
    server: 1,
    serverPort: 8080,
    clientPort: 40_000,
    clientAddress: Uint8Array.of(10, 0, 0, 7),
    serverAddress: Uint8Array.of(127, 0, 0, 1),
    protocol: RequestProtocol.HTTP1,
    side: RequestSide.SERVER,
    outcome: RequestOutcome.ANSWERED,
    startNs: START_NS + 5e6,
    responseEndNs: 2e6,
    method: 'GET',
    route: '/users/{id}',
    httpStatus: 503,
    target: '/users/7?page=2&token=[redacted]',
    authority: 'shop.example:8080',
    requestHeaders: [
      { name: 'accept', value: 'a' },
      { name: 'accept', value: 'b' },
    ],
    traceId: new Uint8Array(16).fill(7),
    parentSpanId: new Uint8Array(8).fill(8),
    traceFlags: 1,
    rule: 'high',
  }
  const spansOf = (...captures: CaptureInit[]) =>
    new BatchConverter('1')
      .convertTraces('alpha', batchOf([], captures))!
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  const [span] = spansOf(captured)
  const told = Object.fromEntries(span!.attributes.map(({ key, value }) => [key, textOf(value)]))
  assert.deepEqual([span!.name, span!.kind, span!.status!.code, span!.flags], ['GET /users/{id}', 2, 2, 1])
  assert.equal(span!.endTimeUnixNano - span!.startTimeUnixNano, 2_000_000n)
  assert.deepEqual([span!.traceId.toHex(), span!.parentSpanId.toHex()], ['07'.repeat(16), '08'.repeat(8)])
  for (const [key, value] of Object.entries({
    'url.path': '/users/7',
    'url.query': 'page=2&token=[redacted]',
    'server.address': 'shop.example',
    'client.address': '10.0.0.7',
    'network.peer.port': '40000',
    'http.request.header.accept': '["a","b"]',
    'error.type': '503',
    'quadrant.sampling.rule': 'high',
  }))
    assert.equal(told[key], value, key)
  const [again, other, lone] = spansOf(
    captured,
    { ...captured, startNs: START_NS + 6e6 },
    { ...captured, traceId: new Uint8Array(), parentSpanId: new Uint8Array(), httpStatus: 404 },
  )
  assert.deepEqual(again!.spanId, span!.spanId)
  assert.notDeepEqual(other!.spanId, span!.spanId)
  assert.deepEqual([lone!.traceId.length, lone!.parentSpanId.length, lone!.status!.code], [16, 0, 0])
  assert.equal(new BatchConverter('1').convertTraces('alpha', batchOf([SERVED])), undefined)
})
