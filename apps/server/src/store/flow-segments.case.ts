import assert from 'node:assert/strict'
import { EPOCH, flowsOf, secondOf } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, PAGE, plain, type RunCase } from '../testing/opened-store.ts'

/** What every store does with flows. */
export function flowCases(run: RunCase): void {
  void run('flows come back as they were', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const batch = checked(
      secondOf(0, { flows: flowsOf(10, { offsetUs: [-500, 1, 2, 3, 4, 5, 6, 7, 8, 900_000] }) }),
    )
    const { segment } = await store.commit(id, 1, batch)
    const read = await store.flowSegment(segment!.id)
    assert.deepEqual(read!.columns, batch.flows)
    assert.deepEqual(read!.addresses, [Uint8Array.of(127, 0, 0, 1)])
    assert.deepEqual(read!.summary, {
      count: 10,
      joinedServerCount: 0,
      offsetUsMin: -500,
      offsetUsMax: 900_000,
    })
    const at = (startNs: number, endNs: number) => store.flowSegments({ startNs, endNs }, PAGE)
    assert.equal((await at(EPOCH * 1e9 - 600_000, EPOCH * 1e9)).length, 1)
    assert.equal((await at(EPOCH * 1e9 + 900_001_000, Infinity)).length, 0)
  })

  void run('heads of flows come page by page', async (store) => {
    const { id } = await store.agent(IDENTITY)
    assert.equal(await store.lastFlowSegment(), 0)
    for (let i = 0; i < 5; i++) await store.commit(id, i + 1, checked(secondOf(i, { flows: flowsOf(1) })))
    const range = { startNs: 0, endNs: Infinity }
    const all = await store.flowSegments(range, PAGE)
    assert.equal(all[0]!.id, await store.lastFlowSegment())
    const page = await store.flowSegments(range, { idMax: all[1]!.id, limit: 2 })
    assert.deepEqual(page, all.slice(1, 3))
  })

  void run(
    'flows over their bytes go, oldest first, and are counted',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      for (let i = 0; i < 10; i++)
        await store.commit(id, i + 1, checked(secondOf(i, { flows: flowsOf(100) })))
      const before = await store.size()
      await store.retain(EPOCH + 10)
      const size = await store.size()
      assert.ok(before.flowBytes > 50_000 && size.flowBytes <= 50_000)
      const kept = await store.flowSegments({ startNs: 0, endNs: Infinity }, PAGE)
      assert.equal(kept[0]!.startNs, (EPOCH + 9) * 1e9)
      const [drop] = await store.dropTotals()
      assert.deepEqual(plain(drop), {
        stage: 'server.retention',
        reason: 'flow-bytes',
        count: (10 - kept.length) * 100,
      })
    },
    { flowBytes: 50_000 },
  )
}
