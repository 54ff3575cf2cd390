import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  RequestBatchSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  type RequestBatch,
} from '@quadrant/proto'
import { EPOCH } from './batch.ts'

export type RequestInit = MessageInitShape<typeof RequestBatchSchema>

/** What the second of `secondOf` has of requests: web asked db over HTTP/1. */
export function requestsOf(second: number, init: RequestInit = {}): RequestBatch {
  const startNs = (EPOCH + second) * 1e9
  const kinds = {
    protocol: RequestProtocol.HTTP1,
    side: RequestSide.SERVER,
    source: RequestSource.PACKETS,
    outcome: RequestOutcome.ANSWERED,
  }
  const ends = { client: 0, server: 1, serverPort: 8080 }
  const what = { method: 'GET', route: '/users/{id}', httpStatus: 200 }
  return create(RequestBatchSchema, {
    series: [
      {
        ...ends,
        ...kinds,
        ...what,
        count: 5,
        requestBytes: 500,
        responseBytes: 5000,
        durations: { scale: 3, offset: 150, counts: [1, 0, 3], sumNs: 4e6, minNs: 5e5, maxNs: 2e6 },
      },
    ],
    captures: [
      {
        ...ends,
        ...kinds,
        ...what,
        startNs,
        responseEndNs: 1e6,
        clientAddress: new Uint8Array([127, 0, 0, 1]),
        serverAddress: new Uint8Array(16),
        clientPort: 40_000,
        process: 1,
        target: '/users/12?page=2',
        authority: 'db:8080',
        requestHeaders: [{ name: 'x-trace-sampling', value: 'high' }],
        responseHeaders: [{ name: 'content-type', value: 'text/plain' }],
        traceId: new Uint8Array(16),
        parentSpanId: new Uint8Array(8),
        rule: 'high',
        generation: 1,
      },
    ],
    opaque: [{ ...ends, side: RequestSide.CLIENT, label: 'tls', name: 'shop.example', connections: 1 }],
    ...init,
  })
}
