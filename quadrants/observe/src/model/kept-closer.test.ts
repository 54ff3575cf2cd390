import { test } from 'node:test'
import { check } from './testing/check-batch.ts'
import type { RecordText } from './testing/record-encoder.ts'
import { client, server } from './testing/short-connection.ts'

const MS = 1e6

/** A server that closes first, long enough after that a pass comes between its close and the client's. */
const RECORDS: readonly RecordText[] = [
  {
    kind: 'sample',
    ...server,
    ts: 103 * MS,
    established: 101 * MS,
    pid: 9,
    flags: ['inProcess'],
    to: 'finWait2',
  },
  {
    kind: 'state',
    ...client,
    ts: 104 * MS,
    opened: 100 * MS,
    established: 101 * MS,
    from: 'lastAck',
    to: 'close',
    pid: 7,
    flags: ['inProcess', 'finReceived'],
  },
  { kind: 'state', ...server, ts: 104 * MS, from: 'finWait2', to: 'close' },
]

test('who closes is known also where a pass came between, and told it', () => {
  check(RECORDS, {
    edges: ['pid7 > pid9:80/tcp cs opened=1 closed=1 connectUsSum=1000 connectSamples=1 connectUsMax=1000'],
  })
})

test('of a connection that was told of before, too', () => {
  const established: RecordText = {
    kind: 'sample',
    ...server,
    ts: 102 * MS,
    established: 101 * MS,
    to: 'established',
  }
  const [sample, ...rest] = RECORDS
  check([established, { ...sample!, established: 0 }, ...rest], {
    edges: ['pid7 > pid9:80/tcp cs opened=1 closed=1 connectUsSum=1000 connectSamples=1 connectUsMax=1000'],
  })
})
