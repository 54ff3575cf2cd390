// What is told of short connections without a place in the table is what the table would have told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dropLines, edgeLines, ModelHarness, rowLines } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'

const MS = 1e6
const S = 1e9

interface Short {
  readonly client: string
  readonly server: string
  readonly openedMs: number
  readonly acceptedMs: number
  readonly lifeMs: number
  readonly pids: readonly [client: number, server: number]
  readonly sent: number
  readonly received: number
  readonly retransmits: readonly [client: number, server: number]
  readonly rttUs: number
  /** The server's end is told first. */
  readonly serverFirst: boolean
  /** One end is reset, its process unknown, or its record lost. */
  readonly oddity: 'reset' | 'unknown' | 'lost' | 'none'
  readonly netns: readonly [client: number, server: number]
  /** Another poll comes between both ends. */
  readonly polledBetween: boolean
}

const short: fc.Arbitrary<Short> = fc.record({
  client: fc.constantFrom('10.0.0.1', '127.0.0.1', '[fd00::1]'),
  server: fc.constantFrom('10.0.0.1', '127.0.0.1', '[fd00::1]'),
  openedMs: fc.integer({ min: 1, max: 700 }),
  acceptedMs: fc.integer({ min: 0, max: 3 }),
  lifeMs: fc.integer({ min: 4, max: 200 }),
  pids: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 4, max: 5 })),
  sent: fc.nat(5000),
  received: fc.nat(5000),
  retransmits: fc.tuple(fc.nat(2), fc.nat(2)),
  rttUs: fc.nat(50),
  serverFirst: fc.boolean(),
  oddity: fc.constantFrom('none', 'none', 'none', 'none', 'reset', 'unknown', 'lost'),
  netns: fc.constantFrom([1, 1] as const, [1, 1] as const, [1, 2] as const),
  polledBetween: fc.boolean(),
})

function recordsOf(connection: Short, index: number): RecordText[] {
  const { client, server, openedMs, acceptedMs, lifeMs, pids, sent, received, retransmits, rttUs } =
    connection
  const remote = client.startsWith('[') === server.startsWith('[') ? server : client
  const ends = [`${client}:${40_000 + index}`, `${remote}:80`] as const
  const openedNs = openedMs * MS + index
  const closedNs = openedNs + lifeMs * MS
  const near: RecordText = {
    kind: 'state',
    netns: connection.netns[0],
    ts: closedNs + 50_000,
    cookie: index * 2 + 1,
    local: ends[0],
    remote: ends[1],
    pid: pids[0],
    flags: ['inProcess', 'finReceived'],
    from: 'finWait2',
    to: 'close',
    opened: openedNs,
    established: openedNs + 1000,
    sent,
    received,
    segmentsOut: 5,
    segmentsIn: 4,
    retransmits: retransmits[0],
    rttUs,
  }
  const far: RecordText = {
    ...near,
    netns: connection.netns[1],
    ts: closedNs,
    cookie: index * 2 + 2,
    local: ends[1],
    remote: ends[0],
    from: 'lastAck',
    opened: 0,
    established: openedNs + acceptedMs * MS,
    sent: received,
    received: sent,
    retransmits: retransmits[1],
    ...(connection.oddity === 'unknown' ? { pid: 0 } : { pid: pids[1] }),
    ...(connection.oddity === 'reset' ? { error: 104 } : {}),
  }
  if (connection.oddity === 'lost') return [near]
  return connection.serverFirst ? [far, near] : [near, far]
}

function run(connections: readonly Short[], options: { readonly direct: boolean; readonly flows: number }) {
  const harness = new ModelHarness(options)
  const lines: unknown[] = []
  for (const [index, connection] of connections.entries())
    for (const record of recordsOf(connection, index)) {
      harness.apply(record)
      if (connection.polledBetween) harness.settle((record.ts ?? 0) + 10 * MS)
    }
  for (const seconds of [1, 2, 3]) {
    const { batch } = harness.tick(seconds * S)
    const rows = options.flows === ROWS ? rowLines(batch) : batch.flows!.count
    lines.push(edgeLines(batch), rows, dropLines(batch), batch.stages)
  }
  assert.equal(harness.sockets.count, 0)
  return { lines, counts: harness.counts }
}

const ROWS = 4096

for (const flows of [ROWS, 10]) {
  test(`short connections are told as the table tells them, of ${flows} rows at most`, () => {
    fc.assert(
      fc.property(fc.array(short, { maxLength: 30 }), (connections) => {
        assert.deepEqual(
          run(connections, { direct: false, flows }),
          run(connections, { direct: true, flows }),
        )
      }),
      { seed: 20_260_301, numRuns: 150 },
    )
  })
}

const plain: Short = {
  client: '127.0.0.1',
  server: '127.0.0.1',
  openedMs: 1,
  acceptedMs: 0,
  lifeMs: 5,
  pids: [1, 4],
  sent: 10,
  received: 20,
  retransmits: [0, 0],
  rttUs: 7,
  serverFirst: true,
  oddity: 'none',
  netns: [1, 1],
  polledBetween: false,
}

for (const direct of [false, true])
  test(`an error is told with the end of a connection, not with its opening, ${direct ? 'without' : 'with'} a place`, () => {
    const harness = new ModelHarness({ direct })
    harness.apply(...recordsOf({ ...plain, oddity: 'reset' }, 0))
    const rows = rowLines(harness.tick(S).batch)
    const withError = rows.filter((row) => row.includes('error=104'))
    assert.deepEqual(
      withError.map((row) => row.split(' ')[0]),
      ['CLOSE'],
    )
    assert.ok(rows.some((row) => row.startsWith('ACCEPT')))
  })

test('a short connection takes no place', () => {
  const harness = new ModelHarness({ connections: 1 })
  for (let i = 0; i < 100; i++) harness.apply(...recordsOf(plain, i))
  const { batch } = harness.tick(S)
  assert.equal(harness.sockets.highWater, 0)
  assert.equal(batch.edges[0]?.opened, 100)
  assert.deepEqual(dropLines(batch), [])
})
