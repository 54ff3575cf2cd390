import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  CapturedRequestSchema,
  GetRequestsResponseSchema,
  RequestCaptureSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  type CapturedRequest,
} from '@quadrant/proto'
import { NOON_MS } from './made-flows.ts'

/** A request of the storefront to the cart, changed as told; `atMs` after noon. */
export function madeRequest(
  id: number,
  change: MessageInitShape<typeof RequestCaptureSchema> = {},
  atMs = 0,
  ends: MessageInitShape<typeof CapturedRequestSchema> = {},
): CapturedRequest {
  return create(CapturedRequestSchema, {
    id,
    host: 'web-1',
    client: 'proc:web-1/11@5',
    server: 'proc:web-1/22@6',
    clientService: 'storefront',
    serverService: 'cart',
    clientPid: 11,
    serverPid: 22,
    clientAddress: '127.0.0.1',
    serverAddress: '127.0.0.1',
    process: 'proc:web-1/22@6',
    durationNs: 2_400_000,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    ...ends,
    request: create(RequestCaptureSchema, {
      startNs: (NOON_MS + atMs) * 1e6,
      responseStartNs: 1_900_000,
      responseEndNs: 2_400_000,
      clientPort: 40_000,
      serverPort: 8080,
      protocol: RequestProtocol.HTTP1,
      side: RequestSide.SERVER,
      source: RequestSource.PACKETS,
      outcome: RequestOutcome.ANSWERED,
      method: 'GET',
      route: '/carts/{id}',
      httpStatus: 200,
      target: '/carts/17?full=1',
      authority: 'cart:8080',
      requestBytes: 420,
      responseBytes: 13_000,
      rule: 'high',
      ...change,
    }),
  })
}

/** One request of each kind that looks different. */
export const SHOP_REQUESTS: readonly CapturedRequest[] = [
  madeRequest(1),
  madeRequest(2, { httpStatus: 404, target: '/carts/\u001b[2Jx', responseEndNs: 0 }, 20, { durationNs: 0 }),
  madeRequest(
    3,
    { httpStatus: 0, outcome: RequestOutcome.ABORTED, responseStartNs: 0, requestBytes: 0 },
    40,
    { durationNs: 0, traceId: '' },
  ),
  madeRequest(
    4,
    {
      protocol: RequestProtocol.GRPC,
      method: 'POST',
      route: '/shop.Cart/Add',
      target: '/shop.Cart/Add',
      grpcStatus: 14,
      headersOmitted: 3,
    },
    60,
    { serverService: '', serverPid: 0, serverAddress: '2001:db8::7', server: 'addr:2001:db8::7' },
  ),
]

const signals = {
  requests: 1200,
  requestsPerSecond: 120,
  errors: 12,
  errorShare: 0.01,
  clientErrors: 30,
  timed: 1200,
  p50Ns: 1_100_000,
  p90Ns: 2_200_000,
  p95Ns: 4_100_000,
  p99Ns: 9_800_000,
  maxNs: 31_000_000,
  requestBytes: 500_000,
  responseBytes: 12_000_000,
}

/** Ten seconds of the shop's requests by route. */
export const SHOP_ROUTES = create(GetRequestsResponseSchema, {
  seconds: 10,
  nodes: [
    { id: 'svc:storefront', label: 'storefront' },
    { id: 'svc:cart', label: 'cart' },
    { id: 'addr:10.0.0.9', label: '10.0.0.9' },
  ],
  groups: [
    {
      id: 'a',
      server: 'svc:cart',
      serverPort: 8080,
      protocol: RequestProtocol.HTTP1,
      method: 'GET',
      route: '/carts/{id}',
      signals,
    },
    {
      id: 'b',
      server: 'svc:cart',
      protocol: RequestProtocol.GRPC,
      method: 'POST',
      route: '/shop.Cart/Add',
      signals: {
        requests: 7,
        requestsPerSecond: 0.7,
        errors: 7,
        errorShare: 1,
        aborted: 7,
        bytesUnknown: true,
      },
    },
  ],
  groupsOmitted: 3,
  opaque: [
    {
      client: 'svc:storefront',
      server: 'addr:10.0.0.9',
      serverPort: 443,
      label: 'tls',
      name: 'pay.example',
      connections: 2,
    },
  ],
  drops: [{ stage: 'kernel.http.requests', reason: 'bytes of the connection missed', count: 3 }],
})

/** What the same requests are on an edge of the map. */
export const CART_SIGNALS = signals
