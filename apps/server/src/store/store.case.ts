import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { InstructionSchema, type EdgeDelta } from '@quadrant/proto'
import fc from 'fast-check'
import { EPOCH, flowsOf, processOf, secondOf, type BatchInit, type EdgeInit } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { ROLLUP_COLUMNS, TIERS, TIER_RETENTION_SECONDS, type Totals } from './rollup.ts'
import { floorTo, planSpans } from './span.ts'
import { DEFAULT_STORE_LIMITS, type EdgeSum, type Store, type StoreLimits } from './store.ts'

/** Opens an empty store; `reopen` closes it and opens it again. */
export type OpenStore = (
  limits: StoreLimits,
) => Promise<{ store: Store; reopen: () => Promise<Store> } & AsyncDisposable>

const IDENTITY = { agentId: 'agent-1', host: 'alpha', bootId: 'boot-1', version: '0.1.0' }
const edge = { client: 0, server: 1, protocol: 6, serverPort: 5432 } as const

const PAGE = { idMax: Number.MAX_SAFE_INTEGER, limit: 1000 }

/** What every store does. */
export function storeCases(name: string, open: OpenStore): void {
  const run = (
    title: string,
    body: (store: Store, opened: Awaited<ReturnType<OpenStore>>) => Promise<void>,
    limits: Partial<StoreLimits> = {},
  ) =>
    test(title, async () => {
      await using opened = await open({ ...DEFAULT_STORE_LIMITS, ...limits })
      await body(opened.store, opened)
    })
  const everything = (store: Store, from = 0, to = 10_000) =>
    store.edgeSums(planSpans(EPOCH + from, EPOCH + to, EPOCH + to).spans)

  void describe(name, () => {
    void run('a frame is applied once', async (store) => {
      const { id, lastSeq } = await store.agent(IDENTITY)
      assert.equal(lastSeq, 0)
      assert.equal((await store.commit(id, 1, checked(secondOf(0)))).applied, true)
      assert.equal((await store.commit(id, 1, checked(secondOf(0)))).applied, false)
      assert.equal((await store.commit(id, 2, checked(secondOf(1)))).applied, true)
      const [sum] = await everything(store)
      assert.equal(sum!.totals.opened, 2)
      assert.equal((await store.agent(IDENTITY)).lastSeq, 2)
    })

    void run('processes end with the boot that they ran in', async (store) => {
      const { id } = await store.agent(IDENTITY)
      const other = await store.agent({ ...IDENTITY, agentId: 'agent-2', host: 'beta' })
      await store.commit(id, 1, checked(secondOf(0)))
      await store.commit(other.id, 1, checked(secondOf(0)))
      const ends = async (host: string) => {
        const sums = await everything(store)
        const processes = sums.flatMap(({ edge: { client, server } }) =>
          [client, server].flatMap((end) => (end.kind === 'process' ? [end.process] : [])),
        )
        const ids = processes.filter((process) => process.host === host).map((process) => process.id)
        return (await store.processes(ids)).map(({ endNs }) => endNs)
      }
      await store.agent(IDENTITY)
      assert.deepEqual(await ends('alpha'), [0, 0])
      await store.agent({ ...IDENTITY, bootId: 'boot-2' })
      assert.deepEqual(await ends('alpha'), [(EPOCH + 1) * 1e9, (EPOCH + 1) * 1e9])
      assert.deepEqual(await ends('beta'), [0, 0])
    })

    void run('everything is there when it is opened again', async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      await store.commit(id, 1, checked(secondOf(0, { flows: flowsOf(3) })))
      const before = await everything(store)
      const again = await reopen()
      assert.deepEqual(await everything(again), before)
      assert.deepEqual(await again.agents(), [
        { id, ...IDENTITY, lastSeq: 1, lastFrameNs: (EPOCH + 1) * 1e9 },
      ])
      assert.equal((await again.commit(id, 1, checked(secondOf(0)))).applied, false)
      const [segment] = await again.flowSegments({ startNs: 0, endNs: Infinity }, PAGE)
      assert.equal((await again.flowSegment(segment!.id))!.processes[0]!.service, 'web')
    })

    void run('two agents have their own sequence numbers', async (store) => {
      const a = await store.agent(IDENTITY)
      const b = await store.agent({ ...IDENTITY, agentId: 'agent-2', host: 'beta' })
      await store.commit(a.id, 5, checked(secondOf(0)))
      assert.equal((await store.commit(b.id, 1, checked(secondOf(0)))).applied, true)
      assert.equal((await everything(store)).length, 2)
    })

    void run('a gap of sequence numbers is a drop; the first frame of a new agent is none', async (store) => {
      const { id } = await store.agent(IDENTITY)
      await store.commit(id, 40, checked(secondOf(0)))
      assert.deepEqual(await store.dropTotals(), [])
      await store.commit(id, 44, checked(secondOf(1)))
      const gap = [{ stage: 'server.ingest', reason: 'sequence-gap', count: 3 }]
      assert.deepEqual(plain(await store.dropTotals()), gap)
      assert.deepEqual(plain(await store.drops(planSpans(EPOCH, EPOCH + 60, EPOCH + 60).spans)), gap)
    })

    void run('a skipped frame counts as had', async (store) => {
      const { id } = await store.agent(IDENTITY)
      await store.commit(id, 1, checked(secondOf(0)))
      await store.skip(id, 2, { stage: 'server.ingest', reason: 'refused-index', count: 1 })
      await store.skip(id, 2, { stage: 'server.ingest', reason: 'refused-index', count: 1 })
      assert.equal((await store.commit(id, 2, checked(secondOf(1)))).applied, false)
      assert.deepEqual(plain(await store.dropTotals()), [
        { stage: 'server.ingest', reason: 'refused-index', count: 1 },
      ])
    })

    void run('a process that is told again keeps its edges and gets its new name', async (store) => {
      const { id } = await store.agent(IDENTITY)
      await store.commit(id, 1, checked(secondOf(0)))
      await store.commit(id, 2, checked(secondOf(1, { processes: [processOf(1, 'shop')] })))
      const sums = await everything(store)
      assert.equal(sums.length, 1)
      const { client } = sums[0]!.edge
      assert.ok(client.kind === 'process' && client.process.service === 'shop')
      assert.equal((await store.processes([client.process.id]))[0]!.service, 'shop')
    })

    void run('a process that was never described has a place', async (store) => {
      const { id } = await store.agent(IDENTITY)
      await store.commit(id, 1, checked(secondOf(0, { processes: [] })))
      const { client } = (await everything(store))[0]!.edge
      assert.ok(client.kind === 'process' && client.process.pid === 1 && client.process.service === 'pid-1')
    })

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

    void run('the instruction is kept', async (store, { reopen }) => {
      assert.equal(await store.instruction(), undefined)
      await store.keepInstruction(create(InstructionSchema, { udpBytes: true }))
      await store.keepInstruction(create(InstructionSchema, { messageTargets: ['web'] }))
      const kept = await (await reopen()).instruction()
      assert.deepEqual([kept!.udpBytes, kept!.messageTargets], [false, ['web']])
    })

    void run('drops and stages add up', async (store) => {
      const { id } = await store.agent(IDENTITY)
      const init: BatchInit = {
        drops: [{ stage: 'kernel.ring', reason: 'full', count: 7 }],
        stages: [{ stage: 'kernel.ring', seen: 100, kept: 93 }],
      }
      await store.commit(id, 1, checked(secondOf(0, init)))
      await store.commit(id, 2, checked(secondOf(1, init)))
      await store.countDrops([{ stage: 'kernel.ring', reason: 'full', count: 1 }])
      assert.deepEqual(plain(await store.dropTotals()), [{ stage: 'kernel.ring', reason: 'full', count: 15 }])
      assert.deepEqual(plain(await store.stageTotals()), [{ stage: 'kernel.ring', seen: 200, kept: 186 }])
      const [first] = await store.timeline({ tier: 60, from: EPOCH, to: EPOCH + 60 })
      assert.equal(first!.dropped, 14)
      assert.equal(first!.seconds, 2)
    })

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

    void run('a store that works says so', async (store) => store.probe())

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

/** Rows of a store may have no prototype. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
