import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  BatchSchema,
  FlowColumnsSchema,
  ProcessSchema,
  type Batch,
  type EdgeDeltaSchema,
  type FlowColumns,
} from '@quadrant/proto'

export type BatchInit = MessageInitShape<typeof BatchSchema>
export type EdgeInit = MessageInitShape<typeof EdgeDeltaSchema>

/** A whole second of the past, seconds: windows of tests begin here and go on. */
export const EPOCH = 1_700_000_040

export function processOf(pid: number, service: string) {
  return create(ProcessSchema, {
    key: `${pid}@1`,
    pid,
    comm: service,
    service,
    serviceSource: 'comm',
    startNs: 1e9,
  })
}

/** `count` flows of pid 1 to pid 2; columns that matter can be given. */
export function flowsOf(count: number, columns: Partial<FlowColumns> = {}): FlowColumns {
  const fill = (value: number | ((i: number) => number)) =>
    Array.from({ length: count }, (_, i) => (typeof value === 'number' ? value : value(i)))
  return create(FlowColumnsSchema, {
    count,
    event: fill(2),
    protocol: fill(6),
    role: fill(1),
    offsetUs: fill((i) => i),
    localAddress: fill(0),
    remoteAddress: fill(0),
    localPort: fill((i) => 30_000 + (i % 30_000)),
    remotePort: fill(5432),
    process: fill(1),
    peerProcess: fill(2),
    cookie: fill((i) => i + 1),
    bytesSent: fill(100),
    bytesReceived: fill(1000),
    segmentsSent: fill(3),
    segmentsReceived: fill(4),
    retransmits: fill(0),
    srttUs: fill(50),
    durationUs: fill(0),
    error: fill(0),
    netns: fill(4_026_531_840),
    flags: fill(1),
    ...columns,
  })
}

/** A second in which web (pid 1) opened a connection to db (pid 2), `second` seconds after the epoch of tests. */
export function secondOf(second: number, init: BatchInit = {}): Batch {
  return create(BatchSchema, {
    startNs: (EPOCH + second) * 1e9,
    endNs: (EPOCH + second + 1) * 1e9,
    processes: [processOf(1, 'web'), processOf(2, 'db')],
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
      },
    ],
    processKeys: ['1@1', '2@1'],
    addresses: [Uint8Array.of(127, 0, 0, 1)],
    ...init,
  })
}
