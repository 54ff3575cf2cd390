import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { InstructionSchema } from '@quadrant/proto'
import { EPOCH, flowsOf, processOf, secondOf, type BatchInit } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, PAGE, caseRunner, everything, plain, type OpenStore } from '../testing/opened-store.ts'
import { filterCases } from './filter-tables.case.ts'
import { flowCases } from './flow-segments.case.ts'
import { requestCases } from './request-tables.case.ts'
import { hostNameCases } from './host-names.case.ts'
import { retentionCases } from './retention.case.ts'
import { rollupCases } from './edge-rollups.case.ts'
import { runtimeCases } from './runtime-tables.case.ts'
import { TIER_RETENTION_SECONDS } from './rollup.ts'
import { planSpans } from './span.ts'

/** What every store does. */
export function storeCases(name: string, open: OpenStore): void {
  void describe(name, () => {
    const run = caseRunner(open)
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

    void run(
      'one agent more than may be known is refused, until another was away for as long as anything is kept',
      async (store) => {
        const agent = (agentId: string) => store.agent({ ...IDENTITY, agentId, host: agentId })
        const known = async () => (await store.agents()).map(({ agentId }) => agentId)
        const end = EPOCH + TIER_RETENTION_SECONDS[3600]
        const [a, b] = [await agent('a'), await agent('b')]
        await agent('silent')
        await assert.rejects(agent('d'), { code: 'agent-limit' })
        assert.equal((await agent('a')).id, a.id)
        for (const [second, { id }] of [a, b].entries())
          await store.commit(id, 1, checked(secondOf(second * 10)))
        // The one that never told anything is not missed, as long as it is connected it is not forgotten.
        const silent = (await agent('silent')).id
        await store.forgetAgents(EPOCH + 20, new Set([silent]))
        assert.deepEqual(await known(), ['a', 'b', 'silent'])
        await store.forgetAgents(EPOCH + 20, new Set())
        assert.deepEqual(await known(), ['a', 'b'])
        await store.forgetAgents(end + 5, new Set([a.id]))
        assert.deepEqual(await known(), ['a', 'b'])
        await store.forgetAgents(end + 5, new Set([b.id]))
        assert.deepEqual(await known(), ['b'])
        await agent('d')
        assert.deepEqual((await store.dropTotals()).map(plain), [
          { stage: 'server.retention', reason: 'agent-age', count: 1 },
        ])
        const sums = await everything(store)
        const ends = async (host: string) => {
          const processes = sums.flatMap(({ edge: { client } }) =>
            client.kind === 'process' && client.process.host === host ? [client.process.id] : [],
          )
          return (await store.processes(processes)).map(({ endNs }) => endNs)
        }
        assert.deepEqual([await ends('a'), await ends('b')], [[(EPOCH + 1) * 1e9], [0]])
      },
      { agents: 3 },
    )

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

    void run('a store that works says so', async (store) => store.probe())

    filterCases(run)
    flowCases(run)
    retentionCases(run)
    requestCases(run)
    hostNameCases(run)
    rollupCases(open)
    runtimeCases(run, open)
  })
}
