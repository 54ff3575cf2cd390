// What agents tell of runtimes, and what the API answers: the real server, and an agent over its real socket.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  CheckStatus,
  Severity,
  type GcCycle,
  type GetProfileRequestSchema,
  type GoFigures,
  type ListRuntimeEventsResponse,
  type RuntimeEvent,
} from '@quadrant/proto'
import { AbortOnDispose } from './testing/abort-on-dispose.ts'
import { AgentClient } from './testing/agent-client.ts'
import { flowsOf, processOf, secondOf, type BatchInit } from './testing/batch.ts'
import { runtimeOf, WEB_BUILD, windowOf, type RuntimeInit } from './testing/runtime-batch.ts'
import { ServerProcess } from './testing/server-process.ts'
import { TemporaryDir } from './testing/temporary.ts'

const BASE = Math.floor(Date.now() / 1000) - 300
const at = (seconds: number) => (BASE + seconds) * 1e9
const RANGE = { startNs: at(0), endNs: at(200) }
const WEB = 'proc:alpha/1@1'

/** A second of the recent past, with runtimes. */
function second(index: number, runtime: RuntimeInit, init: BatchInit = {}): BatchInit {
  return {
    ...secondOf(0, init),
    startNs: at(index),
    endNs: at(index + 1),
    runtime: runtimeOf(0, { ...nothing(), ...runtime }),
  }
}

function nothing(): RuntimeInit {
  return {
    processBuilds: [],
    builds: [],
    facts: [],
    gcCycles: [],
    worldStops: [],
    goFigures: [],
    probeCosts: [],
    findings: [],
    profiles: [],
  }
}

type ProfileInit = Exclude<MessageInitShape<typeof GetProfileRequestSchema>, { $typeName: string }>

const cycle = (index: number, pauseNs: number, process = 0) => ({
  process,
  number: index,
  startNs: at(index) + 1e8,
  endNs: at(index) + 3e8,
  sweepTerminationNs: pauseNs,
  markTerminationStartNs: at(index) + 2.5e8,
  markTerminationNs: pauseNs / 2,
  trigger: 1 as const,
})

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of stream) all.push(one)
  return all
}

test('what was told of a service is answered: instances, builds, findings, edges and facts', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const { api } = server
  const whole = runtimeOf(0)
  await agent.deliver(
    1,
    second(0, {
      builds: whole.builds,
      processBuilds: whole.processBuilds,
      facts: whole.facts,
      goFigures: [{ process: 0, timeNs: at(0) + 5e8, heapLiveBytes: 7e6, goroutines: 9, known: 1032 }],
      probeCosts: [{ process: 0, timeNs: at(0) + 5e8, hits: 3, share: 0.002, processCpuNs: 1e8 }],
      findings: [
        { code: 'QDR-O011', severity: Severity.WARNING, subject: WEB, message: 'costly', timeNs: at(0) },
        { code: 'QDR-O011', severity: Severity.WARNING, subject: 'proc:alpha/2@1', timeNs: at(0) },
      ],
    }),
  )
  for (const subject of ['svc:web', 'web', WEB, '1']) {
    const found = await api.getService({ subject, range: RANGE })
    const isService = subject.endsWith('web')
    assert.deepEqual([found.id, found.label], isService ? ['svc:web', 'web'] : [WEB, 'web 1'])
    const [instance] = found.instances
    assert.deepEqual(
      [instance!.id, instance!.host, instance!.buildId, instance!.process!.comm],
      [WEB, 'alpha', WEB_BUILD, 'web'],
    )
    assert.deepEqual([instance!.figures!.heapLiveBytes, instance!.cost!.hits], [7e6, 3])
    assert.deepEqual(
      found.builds.map(({ id, runtimeEvidence, mainModule, dependencies }) => [
        id,
        runtimeEvidence,
        mainModule!.path,
        dependencies[0]!.path,
      ]),
      [[WEB_BUILD, 'section .go.buildinfo', 'example.com/shop', 'golang.org/x/net']],
    )
    assert.deepEqual(
      found.findings.map(({ code, subject: about, count }) => [code, about, count]),
      [['QDR-O011', WEB, 1]],
    )
    const to = isService ? 'svc:web>svc:db>tcp>5432' : `${WEB}>proc:alpha/2@1>tcp>5432`
    assert.deepEqual(
      found.edges.map(({ id }) => id),
      [to],
    )
    assert.equal(found.nodes.length, 2)
  }
  const facts = async (coordinate: string, atNs = 0) =>
    (await api.listFacts({ coordinate, atNs })).facts.map(({ subject, predicate, object }) => [
      subject,
      predicate,
      object,
    ])
  assert.deepEqual(await facts(WEB_BUILD), [[WEB, 'runs', WEB_BUILD]])
  await agent.deliver(2, second(5, {}, { processes: [{ ...processOf(1, 'web'), endNs: at(6) }] }))
  assert.deepEqual(await facts(WEB), [])
  assert.deepEqual(await facts(WEB, at(3)), [[WEB, 'runs', WEB_BUILD]])
  const gone = await api.getService({ subject: 'web', range: { startNs: at(100), endNs: at(101) } })
  assert.deepEqual(gone.instances, [])
})

test('whom nobody knows is not found, with the nearest name', async (t) => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await using other = new AgentClient(dir.path)
  await agent.hello()
  await other.hello({ agentId: 'agent-2', host: 'beta' })
  await agent.deliver(1, second(0, {}))
  await other.deliver(1, second(0, {}))
  const { api } = server
  for (const [subject, expected] of [
    ['wev', /not_found.*no service `wev` is known; did you mean svc:web\?/],
    ['svc:dbb', /not_found.*did you mean svc:db\?/],
    ['proc:alpha/2@9', /not_found.*did you mean proc:beta\/2@1\?/],
    ['4711', /not_found.*pid 4711/],
    ['1', /invalid_argument.*several hosts; say which: proc:beta\/1@1, proc:alpha\/1@1/],
    ['host:alpha', /invalid_argument.*neither a service nor a process/],
  ] as const)
    await t.test(subject, async () => {
      await assert.rejects(api.getRuntime({ subject }), expected)
      await assert.rejects(collect(api.listRuntimeEvents({ subject })), expected)
    })
  await assert.rejects(api.getProfile({ kinds: ['programm'] }), /did you mean program\?/)
  await assert.rejects(api.listFacts({ coordinate: 'web' }), /no coordinate/)
})

test('collections, stops, figures and costs of a range are those that were told', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const { api } = server
  const figures: Pick<GoFigures, 'process' | 'timeNs' | 'heapLiveBytes'>[] = []
  const cycles: Pick<GcCycle, 'process' | 'endNs' | 'sweepTerminationNs'>[] = []
  for (let i = 0; i < 120; i++) {
    const ofSecond = [0, 1].map((process) => ({
      process,
      timeNs: at(i) + 4e8,
      // A saw, of another length for each.
      heapLiveBytes: 1e6 + ((i * (process + 3)) % 17) * 1e5,
    }))
    figures.push(...ofSecond)
    const gcCycles = i % 2 === 0 ? [cycle(i, 1000 + i)] : []
    cycles.push(...gcCycles)
    await agent.deliver(i + 1, second(i, { goFigures: ofSecond, gcCycles }))
  }
  for (const [subject, processes] of [
    ['svc:web', [0]],
    ['', [0, 1]],
    ['db', [1]],
  ] as const) {
    const answer = await api.getRuntime({ subject, range: RANGE, maxPoints: 5000 })
    const names = processes.map((index) => `proc:alpha/${index + 1}@1`)
    const told = figures.filter(({ process }) => (processes as readonly number[]).includes(process))
    const rows = (
      all: readonly { process: number; timeNs: number; heapLiveBytes: number }[],
      of: readonly string[],
    ) => all.map(({ process, timeNs, heapLiveBytes }) => `${of[process]} ${timeNs} ${heapLiveBytes}`).sort()
    assert.deepEqual([...answer.processes].sort(), names)
    assert.deepEqual(
      rows(answer.goFigures, answer.processes),
      rows(told, ['proc:alpha/1@1', 'proc:alpha/2@1']),
    )
    assert.deepEqual(
      answer.gcCycles.map(({ endNs, sweepTerminationNs }) => [endNs, sweepTerminationNs]),
      processes.includes(0 as never)
        ? cycles.map(({ endNs, sweepTerminationNs }) => [endNs, sweepTerminationNs])
        : [],
    )
    const thin = await api.getRuntime({ subject, range: RANGE, maxPoints: 11 })
    for (const name of names) {
      const own = told.filter(({ process }) => `proc:alpha/${process + 1}@1` === name)
      const kept = thin.goFigures.filter(({ process }) => thin.processes[process] === name)
      assert.ok(kept.length <= 11 && kept.length > 2)
      const heaps = (all: readonly { heapLiveBytes: number }[]) =>
        all.map(({ heapLiveBytes }) => heapLiveBytes)
      assert.equal(Math.max(...heaps(kept)), Math.max(...heaps(own)))
      assert.equal(Math.min(...heaps(kept)), Math.min(...heaps(own)))
      assert.equal(kept.at(-1)!.timeNs, own.at(-1)!.timeNs)
      const all = new Set(own.map(({ timeNs, heapLiveBytes }) => `${timeNs} ${heapLiveBytes}`))
      assert.ok(kept.every(({ timeNs, heapLiveBytes }) => all.has(`${timeNs} ${heapLiveBytes}`)))
    }
  }
})

test('the longest connections that ended lie beside the pauses', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const count = 3000
  const durationUs = Array.from({ length: count }, (_, i) => ((i * 7919) % count) + 1)
  // Closed and reset ones end; those that are connected do not.
  const event = Array.from({ length: count }, (_, i) => [4, 6, 2][i % 3]!)
  await agent.deliver(1, second(0, {}, { flows: flowsOf(count, { durationUs, event }) }))
  const ended = durationUs.filter((_, i) => event[i] !== 2).sort((a, b) => b - a)
  for (const subject of ['web', 'db', '']) {
    const { slowFlows } = await server.api.getRuntime({ subject, range: RANGE })
    assert.deepEqual(
      slowFlows.map((flow) => flow.durationUs),
      ended.slice(0, 2000),
    )
  }
  const { slowFlows } = await server.api.getRuntime({
    subject: 'web',
    range: { startNs: at(10), endNs: at(20) },
  })
  assert.deepEqual(slowFlows, [])
})

test('a follower is told every event once, past and coming, of its subject alone', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const stop = { process: 1, startNs: at(0) + 6e8, durationNs: 5000, reason: 'GOMAXPROCS' }
  await agent.deliver(1, second(0, { gcCycles: [cycle(0, 10)], worldStops: [stop] }))
  const told: RuntimeEvent[] = []
  let losses = 0
  using ended = new AbortOnDispose()
  const followed = server.api.listRuntimeEvents(
    { subject: 'svc:web', range: { startNs: at(0) }, follow: true },
    ended,
  )
  const reader = followed[Symbol.asyncIterator]()
  const take = ({ events, drops }: ListRuntimeEventsResponse) => {
    told.push(...events)
    for (const { count } of drops) losses += count
  }
  take((await reader.next()).value)
  for (let i = 1; i <= 20; i++) {
    // A second process of the service that is new, and one of another service.
    const runtime = {
      processKeys: ['1@1', '2@1', '3@1'],
      gcCycles: [cycle(i, i), cycle(i, i, 1), cycle(i, i, 2)],
    }
    const drops = [
      { stage: 'runtime.gc', reason: 'reordered', count: 2 },
      { stage: 'agent.flow-cap', reason: 'cap', count: 50 },
    ]
    const processes = [processOf(1, 'web'), processOf(2, 'db'), processOf(3, 'web')]
    await agent.deliver(i + 1, second(i, runtime, { processes, drops }))
  }
  while (told.length < 41) take((await reader.next()).value)
  const names = told.map(
    ({ process, service, event }) =>
      `${process} ${service} ${event.case === 'gcCycle' ? event.value.number : event.case}`,
  )
  const expected = Array.from({ length: 20 }, (_, i) => [
    `${WEB} web ${i + 1}`,
    `proc:alpha/3@1 web ${i + 1}`,
  ]).flat()
  assert.deepEqual(names.sort(), [`${WEB} web 0`, ...expected].sort())
  assert.equal(losses, 40)
  const past = await collect(server.api.listRuntimeEvents({ range: RANGE, limit: 30 }))
  const events = past.flatMap((message) => message.events)
  assert.equal(events.length, 30)
  assert.equal(
    past.reduce((sum, { omitted }) => sum + omitted, 0),
    62 - 30,
  )
  const lost = (messages: readonly ListRuntimeEventsResponse[]) =>
    messages.flatMap(({ drops }) => drops).reduce((sum, { count }) => sum + count, 0)
  // Three events a second, and two losses: what was lost before the first of them is not theirs.
  assert.equal(lost(past), 20)
  assert.equal(lost(await collect(server.api.listRuntimeEvents({ range: RANGE, limit: 3 }))), 2)
  assert.equal(lost(await collect(server.api.listRuntimeEvents({ range: RANGE }))), 40)
})

test('a profile adds up to what was sampled, and its stacks stay what they were', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const { api } = server
  const window = (index: number, init: Parameters<typeof windowOf>[1] = {}) => ({
    ...windowOf(0, init),
    startNs: at(index),
    endNs: at(index + 1),
  })
  // The same stacks under other numbers, at another rate.
  const turned = {
    strings: ['', 'std', 'main.work', 'main.main', 'main.go', 'runtime.gcBgMarkWorker', 'example.com/shop'],
    frames: [
      { function: 5, module: 1, kind: 1 as const },
      { function: 3, file: 4, line: 10, module: 6, kind: 1 as const },
      { function: 2, file: 4, line: 20, module: 6, kind: 1 as const },
    ],
    nodeFrame: [1, 0, 2],
    nodeParent: [0, 0, 1],
    sampleNode: [3, 2, 0],
    frequencyHz: 99,
  }
  for (let i = 0; i < 10; i++)
    await agent.deliver(i + 1, second(i, { profiles: [window(i, i % 2 === 0 ? {} : turned)] }))
  const stacks = async (request: ProfileInit) => {
    const { profile, processes, ...rest } = await api.getProfile({ range: RANGE, ...request })
    const { strings, frames, nodeFrame, nodeParent, sampleNode } = profile!
    const rows = sampleNode.map((node, i) => {
      const path: string[] = []
      for (let step = node; step !== 0; step = nodeParent[step - 1]!)
        path.unshift(strings[frames[nodeFrame[step - 1]!]!.function]!)
      return [
        processes[profile!.sampleProcess[i]!],
        path.join('>'),
        profile!.sampleCount[i],
        profile!.sampleKind[i],
        profile!.sampleBroken[i],
      ].join(' ')
    })
    return { profile: profile!, rows, ...rest }
  }
  const all = await stacks({})
  assert.deepEqual(all.rows.sort(), [
    'proc:alpha/1@1 main.main>main.work 100 0 0',
    'proc:alpha/1@1 runtime.gcBgMarkWorker 40 1 0',
    'proc:alpha/2@1  20 0 1',
  ])
  assert.deepEqual([all.samples, all.broken, all.windows, all.windowsOmitted], [160, 20, 10, 0])
  // 80 samples at 19 Hz and 80 at 99 Hz.
  assert.equal(all.profile.frequencyHz, Math.round(160 / (80 / 19 + 80 / 99)))
  assert.equal(all.profile.frames.length, 3)
  assert.deepEqual((await stacks({ subject: 'svc:db' })).rows, ['proc:alpha/2@1  20 0 1'])
  assert.deepEqual((await stacks({ kinds: ['gc'] })).rows, ['proc:alpha/1@1 runtime.gcBgMarkWorker 40 1 0'])
  const part = { range: { startNs: at(2), endNs: at(5) } }
  assert.equal((await stacks({ subject: 'web', ...part })).samples, 42)
  const ordered = await stacks({ subject: 'web', timeOrder: true })
  assert.equal(ordered.rows.length, 20)
  assert.deepEqual(
    ordered.profile.sampleOffsetUs,
    Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) * 1e6 + 500_000),
  )
  assert.deepEqual((await stacks({ subject: 'web', range: { startNs: at(50), endNs: at(60) } })).rows, [])

  const timeline = await api.getProfileTimeline({ subject: 'web', range: RANGE })
  assert.equal(timeline.resolutionSeconds, 1)
  assert.deepEqual(
    timeline.points.map(({ timeNs, samples, gcSamples, cpuSeconds }) => [
      timeNs,
      samples,
      gcSamples,
      cpuSeconds,
    ]),
    Array.from({ length: 10 }, (_, i) => [at(i), 14, 4, 14 / (i % 2 === 0 ? 19 : 99)]),
  )
  const coarse = await api.getProfileTimeline({ range: RANGE, maxPoints: 20 })
  assert.equal(coarse.resolutionSeconds, 10)
  assert.equal(
    coarse.points.reduce((sum, { samples }) => sum + samples, 0),
    160,
  )
})

test('recording raises the rate, keeps the rest of the instruction, and goes back', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  const { api } = server
  await assert.rejects(api.recordProfile({}), /no agent is connected/)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const next = async () => {
    const { profileHz, profileUntilNs, udpBytes, messageTargets } = await agent.instruction()
    return { profileHz, profileUntilNs, udpBytes, messageTargets }
  }
  await assert.rejects(api.recordProfile({ frequencyHz: 100 }), /at most 99/)
  for (const seconds of [601, -1, Number.NaN])
    await assert.rejects(api.recordProfile({ seconds }), /at most 600/)
  await api.setInstruction({ instruction: { udpBytes: true, messageTargets: ['web'] } })
  const rest = { udpBytes: true, messageTargets: ['web'] }
  assert.deepEqual(await next(), { ...rest, profileHz: 0, profileUntilNs: 0 })
  const { range, frequencyHz } = await api.recordProfile({ seconds: 0.3 })
  assert.equal(frequencyHz, 99)
  assert.ok(Math.abs(range!.endNs - range!.startNs - 3e8) < 1e6)
  assert.deepEqual(await next(), { ...rest, profileHz: 99, profileUntilNs: range!.endNs })
  assert.deepEqual(await next(), { ...rest, profileHz: 0, profileUntilNs: 0 })
  assert.ok(Date.now() * 1e6 >= range!.endNs)
  await api.recordProfile({ seconds: 60, frequencyHz: 49 })
  assert.equal((await next()).profileHz, 49)
  // What somebody else changes meanwhile holds at once, and does not end it.
  await api.setInstruction({ instruction: { messageTargets: ['db'] } })
  const { profileHz, messageTargets } = await next()
  assert.deepEqual([profileHz, messageTargets], [49, ['db']])
  await using late = new AgentClient(dir.path)
  late.send({ case: 'hello', value: { agentId: 'late', host: 'beta', firstSeq: 1 } })
  const { body } = await late.receive()
  assert.ok(body.case === 'welcome' && body.value.instruction!.profileHz === 49)
  await api.setInstruction({ instruction: { profilesOff: true } })
  assert.equal((await next()).profileHz, 0)
  await assert.rejects(api.recordProfile({}), /switched off/)
  await assert.rejects(api.setInstruction({ instruction: { profileHz: 100 } }), /profile_hz/)
})

test('doctor says how the observing of runtimes fares, and what is missing', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  let told = 0
  const checks = async (runtime: object | undefined) => {
    agent.send({ case: 'report', value: { source: 'ebpf', timeNs: ++told, runtime } })
    while ((await server.api.getStatus({})).agents[0]!.report?.timeNs !== told) await setImmediate()
    const all = (await server.api.runDoctor({})).checks
    return Object.fromEntries(
      all
        .filter(({ id }) => /^server\.(?:runtime|profiles)/.test(id))
        .map(({ id, status, detail, costIfMissing, fix }) => [
          id,
          [status, detail, costIfMissing !== '', fix !== ''],
        ]),
    )
  }
  const { OK, WARNING, SKIPPED } = CheckStatus
  assert.deepEqual(await checks(undefined), {
    'server.runtime': [SKIPPED, 'alpha: runtimes are not observed', true, true],
  })
  const well = {
    processes: [
      { runtime: 'go', count: 12 },
      { runtime: 'node', count: 2 },
    ],
    probedProcesses: 12,
    probes: 48,
    latencyUsMedian: 41_400,
    // Between two polls: that is how it is read.
    latencyUsP99: 101_000,
    profileHz: 19,
    profileSamples: 1000,
    profileBroken: 5,
    symbolFiles: 9,
  }
  assert.deepEqual(await checks(well), {
    'server.runtime': [
      OK,
      'alpha: 12 of 12 Go processes probed at 48 places; processes: 12 go, 2 node',
      false,
      false,
    ],
    'server.runtime-latency': [
      OK,
      'alpha: the agent, which empties the ring each 20 to 100 ms and tells once a second, read the last of them 41.4 ms after the probe at the median, 101.0 ms for one in a hundred',
      false,
      false,
    ],
    'server.profiles': [
      OK,
      'alpha: 19 samples a second; 5 of the last 1.00k are broken (0.50 %); symbols of 9 files are held',
      false,
      false,
    ],
  })
  const ill = await checks({
    ...well,
    probedProcesses: 9,
    refused: [{ stage: 'runtime', reason: 'version', count: 3 }],
    latencyUsP99: 400_000,
    profileBroken: 300,
  })
  assert.deepEqual(
    Object.values(ill).map(([status, , cost, fix]) => [status, cost, fix]),
    [
      [WARNING, true, true],
      [WARNING, true, true],
      [WARNING, true, true],
    ],
  )
})
