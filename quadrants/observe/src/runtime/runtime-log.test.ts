import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { BuildSchema, GcCycleSchema, type RuntimeBatch } from '@quadrant/proto'
import { BuildLog } from './build-log.ts'
import type { Executable } from './executables.ts'
import type { Program } from './program.ts'
import { EVENTS_MAX, RuntimeLog } from './runtime-log.ts'

const logOf = (forgotten?: number) =>
  new RuntimeLog({ refer: (id) => (id === forgotten ? undefined : `${id}@1`) })

test('events are of processes by index, each batch with its own; the rest is counted', () => {
  const log = logOf(3)
  const cycle = () => create(GcCycleSchema)
  for (const id of [7, 9, 7, 3]) log.cycle({ id }, cycle())
  const first = log.take(() => undefined)!
  assert.deepEqual(first.processKeys, ['7@1', '9@1'])
  assert.deepEqual(
    first.gcCycles.map(({ process }) => process),
    [0, 1, 0],
  )
  assert.equal(log.forgottenCount, 1)
  assert.equal(
    log.take(() => undefined),
    undefined,
  )
  for (let i = 0; i < EVENTS_MAX + 5; i++) log.cycle({ id: 9 }, cycle())
  const second = log.take(() => undefined)!
  assert.deepEqual([second.processKeys, second.gcCycles.length, log.droppedCount], [['9@1'], EVENTS_MAX, 5])
})

let nextId = 0
function programOf(buildId: string, dependencies = 0): Program {
  const id = nextId++
  const build = create(BuildSchema, {
    id: buildId,
    runtimeVersion: 'go1.26.8',
    dependencies: Array.from({ length: dependencies }, (_, i) => ({ path: `m/${i}`, version: 'v1.0.0' })),
  })
  const executable = { build, identity: { id: buildId, evidence: 'e' }, bytes: 2048 + dependencies * 300 }
  return {
    process: { id },
    key: `${id}@1`,
    fromNs: 100,
    executable: executable as unknown as Executable,
  } as unknown as Program
}

function fill(builds: BuildLog): RuntimeBatch {
  return (
    logOf().take((batch) => builds.fill(batch, ({ id }) => batch.processKeys.push(`${id}@1`) - 1)) ??
    ({ builds: [], processBuilds: [], facts: [] } as unknown as RuntimeBatch)
  )
}

test('a build is told once, each process that runs it once, and its end', () => {
  const builds = new BuildLog('web-1')
  const programs = [programOf('build:x'), programOf('build:x')]
  for (const program of programs) builds.runs(program, 200)
  const first = fill(builds)
  assert.deepEqual([first.builds.length, first.processBuilds.length], [1, 2])
  assert.equal(first.facts.filter(({ predicate }) => predicate === 'runs').length, 2)
  builds.ended(programs[0]!, 300, 50)
  const { facts, ...rest } = fill(builds)
  assert.deepEqual([rest.builds.length, rest.processBuilds.length], [0, 0])
  assert.deepEqual(
    facts.map(({ subject, predicate, object, validFromNs, validToNs, evidence }) => [
      subject,
      predicate,
      object,
      validFromNs,
      validToNs,
      evidence?.observedAtNs,
    ]),
    // The clock was set back meanwhile: nothing ends before it begins.
    [[`proc:web-1/${programs[0]!.key}`, 'runs', 'build:x', 100, 100, 300]],
  )
  builds.tellAgain([programs[1]!], 400)
  const again = fill(builds)
  assert.deepEqual([again.builds.length, again.processBuilds.length], [1, 1])
  assert.equal(again.facts.find(({ predicate }) => predicate === 'runs')!.validFromNs, 100)
})

test('many builds are told over several ticks, none twice', () => {
  const builds = new BuildLog('web-1')
  for (let i = 0; i < 50; i++) builds.runs(programOf(`build:${i}`, 200), 1)
  const ticks: number[] = []
  const told: string[] = []
  for (let tick = fill(builds); tick.builds.length > 0; tick = fill(builds)) {
    ticks.push(tick.builds.length)
    told.push(...tick.builds.map(({ id }) => id))
  }
  assert.ok(ticks.length > 1 && ticks.every((count) => count >= 1 && count < 50), String(ticks))
  assert.equal(new Set(told).size, 50)
  assert.equal(told.length, 50)
})
