import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { AgentClient } from './testing/agent-client.ts'
import { flowsOf, secondOf } from './testing/batch.ts'
import { requestsOf } from './testing/request-batch.ts'
import { runtimeOf, windowOf } from './testing/runtime-batch.ts'
import { ServerProcess } from './testing/server-process.ts'
import { TemporaryDir } from './testing/temporary.ts'

const KILLS = process.env['QUADRANT_E2E'] === 'full' ? 20 : 5
/** Frames under way at once, as a real agent has them after it was away. */
const WINDOW = 8

test(`kill -9 during ingest, ${KILLS} times: every frame is there once`, async (t) => {
  using dir = new TemporaryDir()
  // One second for every frame, all within what the finest tier keeps.
  const base = Math.floor(Date.now() / 1000) - 600
  // Each frame's own moment: what is told twice would be seen.
  const timeOf = (seq: number) => (base + (seq % 500)) * 1e9 + Math.floor(seq / 500) * 1e6
  const batch = (seq: number) => ({
    ...secondOf(0, {
      flows: flowsOf(3),
      edges: [{ client: 0, server: 1, protocol: 6, serverPort: 5432, opened: 1, bytesToServer: seq }],
      drops: [{ stage: 'kernel.ring', reason: 'full', count: 1 }],
      stages: [{ stage: 'kernel.ring', seen: 2, kept: 1 }],
      requests: requestsOf(0, {
        series: [
          {
            client: 0,
            server: 1,
            serverPort: 5432,
            method: 'GET',
            route: '/',
            httpStatus: 503,
            count: 2,
            requestBytes: seq,
            durations: { scale: 3, offset: 8 + (seq % 7), counts: [1], zeroCount: 1, sumNs: seq, maxNs: seq },
          },
        ],
        captures: [
          {
            client: 0,
            server: 1,
            startNs: timeOf(seq),
            clientAddress: Uint8Array.of(127, 0, 0, 1),
            serverAddress: Uint8Array.of(127, 0, 0, 1),
          },
        ],
        opaque: [{ client: 0, server: 1, serverPort: 5432, label: 'tls', connections: 3 }],
      }),
      runtime: runtimeOf(0, {
        gcCycles: [{ process: 0, number: seq, startNs: timeOf(seq), endNs: timeOf(seq) + 1e5 }],
        worldStops: [{ process: 1, startNs: timeOf(seq), durationNs: 1e5 }],
        goFigures: [{ process: 0, timeNs: timeOf(seq), heapLiveBytes: seq }],
        probeCosts: [{ process: 0, timeNs: timeOf(seq), hits: 1 }],
        findings: [{ code: 'QDR-O010', subject: 'svc:web', timeNs: timeOf(seq) }],
        profiles: [
          { ...windowOf(0), startNs: (base + (seq % 500)) * 1e9, endNs: (base + (seq % 500) + 1) * 1e9 },
        ],
      }),
    }),
    startNs: (base + (seq % 500)) * 1e9,
    endNs: (base + (seq % 500) + 1) * 1e9,
  })
  const delaysMs = fc.sample(fc.integer({ min: 0, max: 60 }), { numRuns: KILLS, seed: 7 })
  let acked = 0
  let unsureCount = 0
  for (const delayMs of delaysMs) {
    const server = await ServerProcess.start(dir.path)
    await using agent = new AgentClient(dir.path)
    const had = await agent.hello()
    // What was acknowledged was committed; more may have been.
    assert.ok(had >= acked && had <= acked + WINDOW, `${had} of ${acked}`)
    if (had > acked) unsureCount++
    acked = had
    const killed = sleep(delayMs).then(() => server.stop('SIGKILL'))
    try {
      for (let sent = acked; ;) {
        while (sent < acked + WINDOW)
          agent.send({ case: 'frame', value: { seq: ++sent, batch: batch(sent) } })
        const { body } = await agent.receive()
        assert.ok(body.case === 'ack' && body.value.seq === acked + 1)
        acked = body.value.seq
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
    }
    assert.equal(await killed, 'SIGKILL')
  }
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  const last = await agent.hello()
  // A busy machine gets little done before a kill.
  assert.ok(last >= acked && last > 0, `${last} of ${acked}`)
  const { api } = server
  const map = await api.getMap({ range: { startNs: base * 1e9, endNs: (base + 500) * 1e9 } })
  assert.equal(map.edges[0]!.totals!.opened, last)
  assert.equal(map.edges[0]!.totals!.bytesToServer, (last * (last + 1)) / 2)
  const requests = await api.getRequests({
    range: { startNs: base * 1e9, endNs: (base + 500) * 1e9 },
    grouping: 2,
    withHistograms: true,
    maxPoints: 1000,
  })
  for (const one of [requests.total, requests.groups[0]!.signals, map.edges[0]!.requests]) {
    assert.equal(one!.requests, 2 * last)
    assert.equal(one!.errors, 2 * last)
    assert.equal(one!.timed, 2 * last)
    assert.equal(one!.requestBytes, (last * (last + 1)) / 2)
    assert.equal(one!.sumNs, (last * (last + 1)) / 2)
  }
  assert.equal(requests.total!.durations!.zeroCount, last)
  assert.equal(
    requests.points.reduce((sum, { signals }) => sum + signals!.requests, 0),
    2 * last,
  )
  assert.equal(requests.opaque[0]!.connections, 3 * last)
  assert.equal(
    (await api.listRequests({ range: { startNs: base * 1e9, endNs: (base + 501) * 1e9 } })).kept,
    last,
  )
  const { points } = await api.getTimeline({ range: { startNs: base * 1e9, endNs: (base + 500) * 1e9 } })
  assert.equal(
    points.reduce((sum, { opened }) => sum + opened, 0),
    last,
  )
  const { drops, stages, store } = await api.getStatus({})
  assert.deepEqual(
    drops.map(({ stage, count }) => [stage, count]),
    [['kernel.ring', last]],
  )
  assert.deepEqual(
    stages.map(({ seen, kept }) => [seen, kept]),
    [[2 * last, last]],
  )
  assert.equal(store!.flowSegments, last)
  const range = { startNs: base * 1e9, endNs: (base + 501) * 1e9 }
  let events = 0
  for await (const chunk of api.listRuntimeEvents({ range, limit: 100_000 })) events += chunk.events.length
  assert.equal(events, 2 * last)
  const { probeCosts, processes } = await api.getRuntime({ subject: 'web', range })
  assert.deepEqual(processes, ['proc:alpha/1@1'])
  assert.equal(
    probeCosts.reduce((sum, { hits }) => sum + hits, 0),
    last,
  )
  const { findings } = await api.getService({ subject: 'web', range })
  assert.deepEqual(
    findings.map(({ count }) => count),
    [last],
  )
  assert.equal((await api.getProfile({ range })).samples, 16 * last)
  assert.equal((await api.listFacts({ coordinate: 'proc:alpha/1@1' })).facts.length, 1)
  t.diagnostic(`${last} frames; ${unsureCount} kills fell between a commit and its acknowledgement`)
})
