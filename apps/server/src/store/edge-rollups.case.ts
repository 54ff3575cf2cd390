import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EdgeDelta } from '@quadrant/proto'
import fc from 'fast-check'
import { EPOCH, secondOf, type EdgeInit } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, type OpenStore } from '../testing/opened-store.ts'
import { ROLLUP_COLUMNS, TIERS, type Totals } from './rollup.ts'
import { floorTo, planSpans } from './span.ts'
import { DEFAULT_STORE_LIMITS, type EdgeSum } from './store.ts'

/** What every store sums up. */
export function rollupCases(open: OpenStore): void {
  void test('points of every tier and every range are what a naive sum gives', async () => {
    const counter = fc.integer({ min: 0, max: 2 ** 40 })
    const delta = fc.record({
      server: fc.integer({ min: 0, max: 2 }),
      ...Object.fromEntries(
        ROLLUP_COLUMNS.map(({ field, merge }) => [
          field,
          merge === 'or'
            ? fc.boolean()
            : merge === 'sum' || merge === 'max'
              ? counter
              : fc.integer({ min: 0, max: 5000 }),
        ]),
      ),
    })
    const frames = fc.array(
      fc.record({ second: fc.integer({ min: 0, max: 300 }), deltas: fc.array(delta, { maxLength: 3 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    const range = fc.tuple(fc.integer({ min: 0, max: 310 }), fc.integer({ min: 0, max: 310 }))
    await fc.assert(
      fc.asyncProperty(frames, range, async (told, [a, b]) => {
        await using opened = await open(DEFAULT_STORE_LIMITS)
        const { store } = opened
        const { id } = await store.agent(IDENTITY)
        told.sort((x, y) => x.second - y.second)
        for (const [i, { second, deltas }] of told.entries()) {
          const edges = deltas.map((one) =>
            Object.assign({ client: 0, protocol: 6, serverPort: 5432 } satisfies EdgeInit, one),
          )
          await store.commit(id, i + 1, checked(secondOf(second, { edges })))
        }
        const naive = (from: number, to: number) =>
          told.flatMap(({ second, deltas }) => (second >= from && second < to ? deltas : []))
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const { spans } = planSpans(EPOCH + from, EPOCH + to, EPOCH + 400)
        assertSums(await store.edgeSums(spans), naive(from, to) as Naive[])
        for (const tier of TIERS) {
          const [first, last] = [floorTo(EPOCH + from, tier), floorTo(EPOCH + to, tier)]
          const sums = await store.edgeSums([{ tier, from: first, to: last }])
          assertSums(sums, naive(first - EPOCH, last - EPOCH) as Naive[])
          const points = await store.edgeSeries(
            sums.map((sum) => sum.edge.id),
            { tier, from: first, to: last },
          )
          const total = (all: readonly { totals: Totals }[]) =>
            all.reduce((sum, one) => sum + one.totals.opened, 0)
          assert.equal(total(points), total(sums))
          assert.ok(points.every(({ time }, i) => i === 0 || time > points[i - 1]!.time))
        }
      }),
      { seed: 5, numRuns: 25 },
    )
  })
}

type Naive = Totals & Pick<EdgeDelta, 'server'>

/** Adds up what was told, edge by edge and in order. */
function assertSums(sums: readonly EdgeSum[], told: readonly Naive[]): void {
  const expected = new Map<string, Record<string, number | boolean>>()
  for (const one of told) {
    const key = ['1@1', '2@1', '10.0.0.7'][one.server]!
    let sum = expected.get(key)
    if (!sum) expected.set(key, (sum = { ...one }))
    else
      for (const { field, merge } of ROLLUP_COLUMNS) {
        const [had, has] = [sum[field]!, one[field]]
        if (merge === 'sum') sum[field] = Number(had) + Number(has)
        else if (merge === 'max') sum[field] = Math.max(Number(had), Number(has))
        else if (merge === 'or') sum[field] = had || has
        else if (merge === 'last' || has !== 0) sum[field] = has
      }
    delete sum['server']
  }
  const found = new Map(
    sums.map(({ edge: { server }, totals }) => [
      server.kind === 'process' ? server.process.key : server.kind === 'address' ? server.address : '',
      { ...totals },
    ]),
  )
  assert.deepEqual(found, expected)
}
