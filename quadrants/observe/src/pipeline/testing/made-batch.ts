import { create } from '@bufbuild/protobuf'
import {
  BatchSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  type Batch,
} from '@quadrant/proto'

const EPOCH_NS = 1_700_000_000 * 1e9
const KNOWN = [3, 4, 6, 8, 9, 11, 15, 17, 20].reduce((sum, field) => sum + 2 ** field, 0)

const SERVED = {
  client: 2,
  server: 0,
  serverPort: 80,
  protocol: RequestProtocol.HTTP1,
  side: RequestSide.SERVER,
  source: RequestSource.PACKETS,
  outcome: RequestOutcome.ANSWERED,
  method: 'GET',
  route: '/users/{id}',
  httpStatus: 200,
}

/**
 * A second in which the Go program web was asked by an address and asked db something, collected twice, and lost a
 * record. Of the four requests one took 1 ms, one 2 ms and one 8 ms.
 */
export function madeBatch(second: number): Batch {
  const startNs = EPOCH_NS + second * 1e9
  return create(BatchSchema, {
    startNs,
    endNs: startNs + 1e9,
    processes:
      second === 0
        ? [
            { key: '1@1', pid: 1, service: 'web', comm: 'web', exe: '/bin/web', startNs: EPOCH_NS - 5e9 },
            { key: '2@1', pid: 2, service: 'db', comm: 'db' },
          ]
        : [],
    endpoints: [
      { kind: { case: 'processKey', value: '1@1' } },
      { kind: { case: 'processKey', value: '2@1' } },
      { kind: { case: 'address', value: Uint8Array.of(10, 0, 0, 7) } },
    ],
    edges: [
      {
        client: 0,
        server: 1,
        protocol: 6,
        serverPort: 5432,
        opened: 1,
        bytesToServer: 100,
        bytesToClient: 1000,
        active: 1,
        srttUsSum: 90,
        srttSamples: 3,
        srttUsMax: 40,
      },
      {
        client: 2,
        server: 0,
        protocol: 6,
        serverPort: 80,
        failed: 1,
        reset: 1,
        bytesToServer: 7,
        connectUsSum: 10,
        connectSamples: 1,
        connectUsMax: 10,
      },
      { client: 0, server: 2, protocol: 17, serverPort: 53, messagesToServer: 2, bytesUnknown: true },
    ],
    requests: {
      series: [
        {
          ...SERVED,
          count: 4,
          // The bucket of a time is that of its logarithm, in eighths.
          durations: {
            scale: 3,
            offset: Math.ceil(Math.log2(1e6) * 8) - 1,
            counts: Array.from({ length: 25 }, (_, i) => (i % 8 === 0 && i !== 16 ? 1 : 0)),
            sumNs: 11e6,
            minNs: 1e6,
            maxNs: 8e6,
          },
        },
        {
          ...SERVED,
          protocol: RequestProtocol.GRPC,
          route: '/shop.Cart/Add',
          grpcStatus: 0,
          count: 1,
          durations: { scale: 3, offset: 160, counts: [1], sumNs: 1.1e6, minNs: 1.1e6, maxNs: 1.1e6 },
        },
      ],
      captures: [
        {
          ...SERVED,
          startNs,
          responseEndNs: 2e6,
          clientAddress: Uint8Array.of(10, 0, 0, 7),
          serverAddress: Uint8Array.of(127, 0, 0, 1),
          clientPort: 40_000,
          target: '/users/7?page=2',
          requestHeaders: [{ name: 'authorization', value: '[redacted]' }],
          traceId: new Uint8Array(16).fill(7),
          parentSpanId: new Uint8Array(8).fill(8),
          rule: 'high',
        },
      ],
    },
    drops: [{ stage: 'kernel.ring', reason: 'full', count: 2 }],
    runtime: {
      processKeys: ['1@1'],
      gcCycles: [
        { process: 0, sweepTerminationNs: 20_000, markTerminationNs: 90_000 },
        { process: 0, sweepTerminationNs: 30_000, markTerminationNs: 110_000 },
      ],
      worldStops: [{ process: 0, durationNs: 5000, reason: 'GOMAXPROCS' }],
      goFigures: [
        {
          process: 0,
          timeNs: startNs + 9e8,
          heapLiveBytes: 1e6,
          heapGoalBytes: 2e6,
          heapInUseBytes: 3e6,
          stacksBytes: 4e5,
          allocatedBytes: 1e7 * (second + 1),
          goroutines: 12,
          gomaxprocs: 8,
          collections: 2 * (second + 1),
          gcPercent: 100,
          known: KNOWN,
        },
      ],
    },
  })
}
