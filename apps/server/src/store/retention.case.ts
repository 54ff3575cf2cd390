import assert from 'node:assert/strict'
import { EPOCH, flowsOf, processOf, secondOf, type BatchInit } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, everything, plain, type RunCase } from '../testing/opened-store.ts'
import { TIERS, TIER_RETENTION_SECONDS } from './rollup.ts'
import { floorTo } from './span.ts'

const edge = { client: 0, server: 1, protocol: 6, serverPort: 5432 } as const

/** What every store does at its limits. */
export function retentionCases(run: RunCase): void {
  void run(
    'over the limit of edges the far end is not told apart, and it is counted',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      const far = Array.from({ length: 30 }, (_, i) => ({
        kind: { case: 'address', value: Uint8Array.of(10, 0, 0, i) } as const,
      }))
      const endpoints = [{ kind: { case: 'processKey', value: '1@1' } as const }, ...far]
      const edges = far.map((_, i) => ({
        client: 0,
        server: i + 1,
        protocol: 6 as const,
        serverPort: 5432,
        opened: 1,
      }))
      await store.commit(id, 1, checked(secondOf(0, { endpoints, edges })))
      const sums = await everything(store)
      assert.equal(sums.length, 21)
      assert.equal(
        sums.reduce((sum, { totals }) => sum + totals.opened, 0),
        30,
      )
      const limited = sums.find(({ edge: { server } }) => server.kind === 'other')!
      assert.equal(limited.totals.opened, 10)
      assert.equal(limited.edge.client.kind, 'process')
      assert.deepEqual(plain(await store.dropTotals()), [
        { stage: 'server.edges', reason: 'edge-limit', count: 10 },
      ])
    },
    { edges: 20 },
  )

  void run(
    'near the limit, idle edges of ended processes are folded into their service and sums stay',
    async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      for (let i = 0; i < 19; i++) {
        const process = { ...processOf(100 + i, 'job'), endNs: (EPOCH + i + 1) * 1e9 }
        const endpoints: BatchInit['endpoints'] = [
          { kind: { case: 'processKey', value: process.key } },
          { kind: { case: 'processKey', value: '2@1' } },
        ]
        await store.commit(
          id,
          i + 1,
          checked(
            secondOf(i, {
              processes: [process, processOf(2, 'db')],
              endpoints,
              edges: [{ ...edge, opened: 1, srttUsMax: i }],
            }),
          ),
        )
      }
      await store.retain(EPOCH + 100)
      for (const get of [async () => store, reopen]) {
        const one = await get()
        const sums = await everything(one, 0, 60)
        assert.equal(
          sums.reduce((sum, { totals }) => sum + totals.opened, 0),
          19,
        )
        const folded = sums.find(({ edge: { client } }) => client.kind === 'ended')!
        assert.deepEqual(folded.edge.client, { kind: 'ended', host: 'alpha', service: 'job' })
        assert.equal(folded.totals.opened, 5)
        assert.equal(folded.totals.srttUsMax, 4)
        assert.equal((await one.size()).edges, 15)
      }
    },
    { edges: 20 },
  )

  void run('each tier loses what is over its age', async (store) => {
    const { id } = await store.agent(IDENTITY)
    await store.commit(id, 1, checked(secondOf(0)))
    const counts = async () =>
      Promise.all(
        TIERS.map(
          async (tier) =>
            (await store.edgeSums([{ tier, from: floorTo(EPOCH, tier), to: EPOCH + 60 }])).length,
        ),
      )
    for (const [after, left] of [
      [800, [1, 1, 1, 1]],
      [TIER_RETENTION_SECONDS[1] + 1, [0, 1, 1, 1]],
      [TIER_RETENTION_SECONDS[10] + 1, [0, 0, 1, 1]],
      [TIER_RETENTION_SECONDS[60] + 1, [0, 0, 0, 0]],
    ] as const) {
      await store.retain(EPOCH + after)
      assert.deepEqual(await counts(), left, `after ${after} s`)
    }
  })

  void run(
    'the whole store stays under its limit',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      for (let i = 0; i < 40; i++) {
        await store.commit(id, i + 1, checked(secondOf(i, { flows: flowsOf(2000) })))
        await store.retain(EPOCH + i)
      }
      const { sizeBytes } = await store.size()
      assert.ok(sizeBytes < 2_000_000, `${sizeBytes}`)
      assert.ok((await store.dropTotals()).some(({ reason }) => reason === 'store-bytes'))
    },
    { storeBytes: 1_000_000 },
  )
}
