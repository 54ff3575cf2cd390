import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSqliteStore } from '../store/sqlite.ts'
import { DEFAULT_STORE_LIMITS, type Store } from '../store/store.ts'
import { EPOCH, flowsOf, processOf, secondOf } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY } from '../testing/opened-store.ts'
import { TemporaryDir } from '../testing/temporary.ts'
import { EndedFlows } from './ended-flows.ts'
import { queryFlows } from './flows.ts'
import { slowFlows } from './slow-flows.ts'
import { resolveSubject } from './subject.ts'

const at = (second: number) => (EPOCH + second) * 1e9
const [CONNECT, CLOSE, RESET] = [2, 4, 6]

/** A second in which connections of web (pid 1) to db (2) ended, and of db to queue (3). */
function second(index: number, count: number) {
  const columns = {
    event: Array.from({ length: count }, (_, i) => [CLOSE, RESET, CONNECT, CLOSE, CLOSE][i % 5]!),
    durationUs: Array.from({ length: count }, (_, i) =>
      i % 11 === 0 ? 0 : ((i * 7919 + index * 31) % 9973) + 1,
    ),
    process: Array.from({ length: count }, (_, i) => (i % 4 === 0 ? 2 : 1)),
    peerProcess: Array.from({ length: count }, (_, i) => (i % 4 === 0 ? 3 : 2)),
    // Told at both ends, and from the server's.
    role: Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 2 : 1)),
    flags: Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : 0)),
    offsetUs: Array.from({ length: count }, (_, i) => Math.floor((i * 1e6) / count)),
  }
  const processes = [processOf(1, 'web'), processOf(2, 'db'), processOf(3, 'queue')]
  return checked(
    secondOf(index, { processes, flows: flowsOf(count, columns), processKeys: ['1@1', '2@1', '3@1'] }),
  )
}

/** Commits seconds one after the other. */
function writer(store: Store): (from: number, to: number, count: number) => Promise<void> {
  return async (from, to, count) => {
    const { id } = await store.agent(IDENTITY)
    for (let i = from; i < to; i++) await store.commit(id, i + 1, second(i, count))
  }
}

test('a page that asks again has what is new read, and the same answer as from all flows', async () => {
  using dir = new TemporaryDir()
  await using store = openSqliteStore(join(dir.path, 'store.db'), DEFAULT_STORE_LIMITS)
  const write = writer(store)
  const ended = new EndedFlows(store)
  const ask = async (name: string, startNs: number, endNs: number) => {
    const range = { startNs, endNs }
    const subject = await resolveSubject(store, name, range)
    const { flows, drops } = await slowFlows(store, { subject, range, ended })
    assert.deepEqual(drops, [])
    // The same from the list of flows, which knows nothing of what is remembered.
    const expected: number[] = []
    const chunks = queryFlows(store, { range, limit: 1e6, query: { terms: [] }, bothEnds: false })
    for await (const chunk of chunks)
      for (const { event, durationUs, service, peerService } of chunk.flows)
        if (event !== CONNECT && durationUs > 0 && (name === '' || [service, peerService].includes(name)))
          expected.push(durationUs)
    assert.deepEqual(
      flows.map(({ durationUs }) => durationUs),
      expected.sort((a, b) => b - a).slice(0, 2000),
    )
    return flows
  }
  await write(0, 20, 500)
  for (const name of ['web', 'db', 'queue', ''])
    assert.ok((await ask(name, at(0), at(20))).length > 100, name)
  const { decodedCount } = ended
  assert.ok(decodedCount >= 20)
  // A second later: only the new segment is read, for its rows and for its flows.
  await write(20, 21, 500)
  for (const name of ['web', 'db', 'queue', '']) {
    const flows = await ask(name, at(1), at(21))
    assert.ok(flows.some(({ timeNs }) => timeNs >= at(20)))
  }
  // Of what was not among the longest before some is now.
  assert.ok(ended.decodedCount - decodedCount <= 1 + 4 * 21, String(ended.decodedCount))
  const before = ended.decodedCount
  await ask('web', at(1), at(21))
  assert.equal(ended.decodedCount, before)
  // Ends of the range within a segment.
  await ask('web', at(3) + 3e8, at(7) + 1e8)
})
