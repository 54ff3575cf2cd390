import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  type DurationHistogramSchema,
  type RequestBatchSchema,
} from '@quadrant/proto'
import { madeEndpoint, madeProcess, SHOP } from './made-shop.ts'

type Batch = Exclude<MessageInitShape<typeof RequestBatchSchema>, { $typeName: string }>
type Capture = NonNullable<Batch['captures']>[number]

/** Requests of one route on one edge of the made shop: so many each second. */
export interface MadeRoute {
  readonly client: string
  readonly server: string
  readonly port: number
  readonly protocol: RequestProtocol
  readonly method: string
  readonly route: string
  readonly perSecond: number
  /** What the fastest takes, milliseconds: most take less than six times as long, one in twenty ten times. */
  readonly leastMs: number
  /** Of the requests of each second the first so many fail: 503, or 14 of gRPC. */
  readonly failing?: number
  /** And the next so many are refused: 404, or 5 of gRPC. */
  readonly refused?: number
}

const { HTTP1, GRPC } = RequestProtocol
const ORDERS = { client: 'storefront', server: 'checkout', port: 9002 } as const

export const MADE_ROUTES: readonly MadeRoute[] = [
  {
    ...ORDERS,
    protocol: HTTP1,
    method: 'GET',
    route: '/orders/{id}',
    perSecond: 60,
    leastMs: 0.6,
    refused: 2,
  },
  { ...ORDERS, protocol: HTTP1, method: 'POST', route: '/orders', perSecond: 20, leastMs: 4, failing: 1 },
  {
    ...ORDERS,
    protocol: GRPC,
    method: 'POST',
    route: '/shop.Checkout/Quote',
    perSecond: 40,
    leastMs: 1.5,
    refused: 1,
  },
  { ...ORDERS, protocol: HTTP1, method: 'GET', route: '~other', perSecond: 3, leastMs: 2 },
  {
    client: 'storefront',
    server: 'catalog',
    port: 9001,
    protocol: HTTP1,
    method: 'GET',
    route: '/products/{id}',
    perSecond: 90,
    leastMs: 0.4,
  },
  {
    client: 'metrics',
    server: 'catalog',
    port: 9001,
    protocol: HTTP1,
    method: 'GET',
    route: '/metrics',
    perSecond: 1,
    leastMs: 3,
  },
]

/** How long each request of a second took, nanoseconds. */
export function madeTimesNs({ perSecond, leastMs }: MadeRoute, second: number): readonly number[] {
  return Array.from({ length: perSecond }, (_, i) => {
    const spread = 1 + ((second * 31 + i * 7) % 20) / 4
    return Math.round(leastMs * 1e6 * spread * ((second + i) % 20 === 0 ? 10 : 1))
  })
}

/** What an agent tells of the requests of the made shop in one second: the same for the same second. */
export function madeRequests(second: number): Batch {
  const capture = second % CAPTURE_SECONDS === 0 ? [madeCapture(second)] : []
  return {
    series: MADE_ROUTES.flatMap((route) => seriesOf(route, second)),
    captures: capture,
    opaque: [
      {
        ...endsOf({ client: 'payments', server: '192.0.2.80', port: 443 }),
        side: RequestSide.CLIENT,
        label: 'tls',
        name: 'bank.example',
        connections: 3,
        bytesToServer: 4100,
        bytesToClient: 7800,
      },
      {
        ...endsOf({ client: 'storefront', server: 'checkout', port: 9002 }),
        side: RequestSide.SERVER,
        label: 'http2-midstream',
        connections: second % 30 === 0 ? 1 : 0,
      },
    ],
  }
}

function endsOf({ client, server, port }: Pick<MadeRoute, 'client' | 'server' | 'port'>) {
  return { client: madeEndpoint(SHOP, client), server: madeEndpoint(SHOP, server), serverPort: port }
}

function seriesOf(route: MadeRoute, second: number): NonNullable<Batch['series']> {
  const { protocol, method, failing = 0, refused = 0 } = route
  const times = madeTimesNs(route, second)
  const isGrpc = protocol === GRPC
  const { client, server, serverPort } = endsOf(route)
  const endings = [
    { timesNs: times.slice(0, failing), http: 503, grpc: 14 },
    { timesNs: times.slice(failing, failing + refused), http: 404, grpc: 5 },
    { timesNs: times.slice(failing + refused), http: 200, grpc: 0 },
  ]
  return endings
    .filter(({ timesNs }) => timesNs.length > 0)
    .map(({ timesNs, http, grpc }) => ({
      client,
      server,
      serverPort,
      protocol,
      side: RequestSide.SERVER,
      source: RequestSource.PACKETS,
      outcome: RequestOutcome.ANSWERED,
      method,
      route: route.route,
      httpStatus: isGrpc ? 200 : http,
      grpcStatus: isGrpc ? grpc : undefined,
      count: timesNs.length,
      requestBytes: timesNs.length * 420,
      responseBytes: timesNs.length * 1900,
      durations: histogramOf(timesNs),
    }))
}

const SCALE = 3

/** As the protocol says it: bucket i has base^i < t <= base^(i + 1), with base = 2^(1/8). */
function histogramOf(timesNs: readonly number[]): MessageInitShape<typeof DurationHistogramSchema> {
  const buckets = timesNs.map((ns) => Math.ceil(Math.log2(ns) * 2 ** SCALE) - 1)
  const offset = Math.min(...buckets)
  const counts = new Array<number>(Math.max(...buckets) - offset + 1).fill(0)
  for (const bucket of buckets) counts[bucket - offset]!++
  return {
    scale: SCALE,
    offset,
    counts,
    sumNs: timesNs.reduce((sum, ns) => sum + ns, 0),
    minNs: Math.min(...timesNs),
    maxNs: Math.max(...timesNs),
  }
}

/** Every so many seconds a request is captured. */
export const CAPTURE_SECONDS = 5
/** Of those, every third fails. */
export const isFailedCapture = (second: number) => second % (3 * CAPTURE_SECONDS) === 0

export function madeCapture(
  second: number,
  target = `/orders/${second % 1000}?page=2&token=[redacted]`,
): Capture {
  return {
    ...endsOf({ client: 'storefront', server: 'checkout', port: 9002 }),
    startNs: second * 1e9 + 300e6,
    requestEndNs: 40_000,
    responseStartNs: 12e6,
    responseEndNs: 15e6,
    clientAddress: Uint8Array.of(127, 0, 0, 1),
    serverAddress: Uint8Array.of(127, 0, 0, 1),
    clientPort: 41_000 + (second % 1000),
    process: madeProcess(SHOP, 'checkout'),
    cookie: second,
    protocol: HTTP1,
    side: RequestSide.SERVER,
    source: RequestSource.PACKETS,
    outcome: RequestOutcome.ANSWERED,
    method: 'GET',
    route: '/orders/{id}',
    httpStatus: isFailedCapture(second) ? 503 : 200,
    target,
    authority: 'checkout:9002',
    requestHeaders: [
      { name: 'host', value: 'checkout:9002' },
      { name: 'x-trace-sampling', value: 'high' },
      { name: 'authorization', value: '[redacted]' },
      { name: 'cookie', value: '[redacted]' },
      { name: 'user-agent', value: 'Go-http-client/1.1' },
    ],
    responseHeaders: [
      { name: 'content-type', value: 'application/json' },
      { name: 'x-big', value: 'x'.repeat(64), cutBytes: 2048 },
    ],
    headersOmitted: 1,
    requestBytes: 412,
    responseBytes: 2210,
    traceId: Uint8Array.from({ length: 16 }, (_, i) => (second + i * 37) % 256),
    parentSpanId: Uint8Array.from({ length: 8 }, (_, i) => (second + i * 3) % 256),
    traceFlags: 1,
    rule: 'asked-for',
    generation: 2,
  }
}
