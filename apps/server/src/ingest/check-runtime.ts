import { ScalarType } from '@bufbuild/protobuf'
import {
  BuildSchema,
  type Build,
  type Fact,
  type Finding,
  type GcCycle,
  type GoFigures,
  type GoModule,
  type ProbeCost,
  type RuntimeBatch,
  type WorldStop,
} from '@quadrant/proto'
import { checkProfile } from './check-profile.ts'
import { clean } from './clean.ts'
import { atMost, counter, nsTime, processKey, Refused, text, TEXT_MAX, within } from './refusal.ts'

/** Limits of one frame, over what any agent tells in a tick. */
const LIMITS = {
  processKeys: 20_000,
  builds: 2000,
  processBuilds: 20_000,
  facts: 50_000,
  gcCycles: 20_000,
  worldStops: 20_000,
  goFigures: 20_000,
  probeCosts: 20_000,
  findings: 1000,
  profiles: 64,
} as const
/** Of one build. The largest Go programs have some 2000 modules and 40 settings. */
const MODULES_MAX = 10_000
const SETTINGS_MAX = 256
/** The kernel and the runtime count bytes and nanoseconds in u64; a heap that is to grow for ever has a goal of all ones. */
const U64_MAX = 2 ** 64
const TRIGGER_MAX = 3
const SEVERITY_MAX = 3
/** Longest coordinate. */
const COORDINATE_LENGTH_MAX = 1024
const BUILD_ID = /^build:[a-z0-9]{1,16}:[\w+/=.-]{1,128}$/

/** All texts of a build, also those that it gets later: each of them was read out of a file that anybody may have made. */
const BUILD_TEXTS = BuildSchema.fields
  .filter(({ scalar }) => scalar === ScalarType.STRING)
  .map(({ localName }) => localName as 'exe')

/** Counters of a message that are doubles and may be as large as a u64. */
const CYCLE_COUNTERS = [
  'number',
  'sweepTerminationNs',
  'markTerminationNs',
  'heapStartBytes',
  'heapEndBytes',
  'heapLiveBytes',
  'heapGoalBytes',
  'nextHeapGoalBytes',
  'assistNs',
  'dedicatedNs',
  'idleNs',
] as const
const FIGURE_COUNTERS = [
  'heapLiveBytes',
  'heapGoalBytes',
  'heapMarkedBytes',
  'heapInUseBytes',
  'heapReleasedBytes',
  'stacksBytes',
  'allocatedBytes',
  'freedBytes',
  'goroutines',
  'goroutinesCreated',
  'runnable',
  'threads',
  'collections',
  'forcedCollections',
  'pauseTotalNs',
  'memoryLimitBytes',
] as const
const COST_COUNTERS = [
  'intervalNs',
  'processCpuNs',
  'hits',
  'trapNs',
  'programNs',
  'share',
  'shareMax',
] as const

/**
 * Checks everything in what an agent tells of runtimes that later use relies on. What agents made is refused where it
 * is wrong; what they read out of programs is made harmless.
 *
 * @throws {Refused}
 */
export function checkRuntime(batch: RuntimeBatch, nowNs: number): RuntimeBatch {
  for (const [name, limit] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][])
    atMost(`runtime.${name}`, batch[name].length, limit)
  const processes = batch.processKeys.length
  for (const [i, key] of batch.processKeys.entries()) processKey(`runtime.process_keys[${i}]`, key)
  for (const [i, { process, buildId }] of batch.processBuilds.entries()) {
    within(`process_builds[${i}].process`, process, processes)
    coordinateOfBuild(`process_builds[${i}].build_id`, buildId)
  }
  for (const [i, cycle] of batch.gcCycles.entries()) checkCycle(`gc_cycles[${i}]`, cycle, processes, nowNs)
  for (const [i, figures] of batch.goFigures.entries())
    checkFigures(`go_figures[${i}]`, figures, processes, nowNs)
  for (const [i, cost] of batch.probeCosts.entries()) checkCost(`probe_costs[${i}]`, cost, processes, nowNs)
  return {
    ...batch,
    builds: batch.builds.map((build, i) => checkBuild(`builds[${i}]`, build)),
    facts: batch.facts.map((fact, i) => checkFact(`facts[${i}]`, fact, nowNs)),
    worldStops: batch.worldStops.map((stop, i) => checkStop(`world_stops[${i}]`, stop, processes, nowNs)),
    findings: batch.findings.map((finding, i) => checkFinding(`findings[${i}]`, finding, nowNs)),
    profiles: batch.profiles.map((window, i) => checkProfile(`profiles[${i}]`, window, { processes, nowNs })),
  }
}

function checkCycle(at: string, cycle: GcCycle, processes: number, nowNs: number): void {
  within(`${at}.process`, cycle.process, processes)
  nsTime(`${at}.start_ns`, cycle.startNs, nowNs)
  nsTime(`${at}.end_ns`, cycle.endNs, nowNs)
  if (cycle.endNs < cycle.startNs) throw new Refused('time', `${at} ends before it starts`)
  // 0 where the second pause was not seen.
  if (cycle.markTerminationStartNs !== 0)
    nsTime(`${at}.mark_termination_start_ns`, cycle.markTerminationStartNs, nowNs)
  for (const name of CYCLE_COUNTERS) counter(`${at}.${name}`, cycle[name], U64_MAX)
  within(`${at}.trigger`, cycle.trigger, TRIGGER_MAX + 1)
}

function checkStop(at: string, stop: WorldStop, processes: number, nowNs: number): WorldStop {
  within(`${at}.process`, stop.process, processes)
  nsTime(`${at}.start_ns`, stop.startNs, nowNs)
  counter(`${at}.duration_ns`, stop.durationNs)
  return { ...stop, reason: clean(stop.reason, TEXT_MAX.name) }
}

function checkFigures(at: string, figures: GoFigures, processes: number, nowNs: number): void {
  within(`${at}.process`, figures.process, processes)
  nsTime(`${at}.time_ns`, figures.timeNs, nowNs)
  for (const name of FIGURE_COUNTERS) counter(`${at}.${name}`, figures[name], U64_MAX)
  counter(`${at}.known`, figures.known)
  if (!Number.isInteger(figures.known)) throw new Refused('counter', `${at}.known is ${figures.known}`)
}

function checkCost(at: string, cost: ProbeCost, processes: number, nowNs: number): void {
  within(`${at}.process`, cost.process, processes)
  nsTime(`${at}.time_ns`, cost.timeNs, nowNs)
  for (const name of COST_COUNTERS) counter(`${at}.${name}`, cost[name])
}

function checkBuild(at: string, build: Build): Build {
  coordinateOfBuild(`${at}.id`, build.id)
  text(`${at}.runtime`, build.runtime, TEXT_MAX.label, true)
  atMost(`${at}.dependencies`, build.dependencies.length, MODULES_MAX)
  atMost(`${at}.settings`, build.settings.length, SETTINGS_MAX)
  counter(`${at}.size_bytes`, build.sizeBytes)
  counter(`${at}.functions`, build.functions)
  return {
    ...build,
    ...Object.fromEntries(BUILD_TEXTS.map((name) => [name, clean(build[name], TEXT_MAX.path)])),
    mainModule: build.mainModule && cleanModule(build.mainModule),
    dependencies: build.dependencies.map(cleanModule),
    settings: build.settings.map((setting) => ({
      ...setting,
      key: clean(setting.key, TEXT_MAX.name),
      value: clean(setting.value, TEXT_MAX.path),
    })),
  }
}

/** A replacement of a replacement does not exist; a message may nest as deep as it likes. */
function cleanModule(module: GoModule): GoModule {
  const one = (name: GoModule): GoModule => ({
    ...name,
    path: clean(name.path, TEXT_MAX.path),
    version: clean(name.version, TEXT_MAX.name),
    sum: clean(name.sum, TEXT_MAX.name),
    replacement: undefined,
  })
  return { ...one(module), replacement: module.replacement && one(module.replacement) }
}

function checkFact(at: string, fact: Fact, nowNs: number): Fact {
  const { evidence } = fact
  text(`${at}.predicate`, fact.predicate, TEXT_MAX.label)
  // 0 where it has no beginning: what a build is made of.
  if (fact.validFromNs !== 0) nsTime(`${at}.valid_from_ns`, fact.validFromNs, nowNs)
  if (fact.validToNs !== 0) nsTime(`${at}.valid_to_ns`, fact.validToNs, nowNs)
  if (fact.validToNs !== 0 && fact.validToNs < fact.validFromNs)
    throw new Refused('time', `${at} ends before it begins`)
  if (evidence) {
    text(`${at}.evidence.source`, evidence.source, TEXT_MAX.label, true)
    text(`${at}.evidence.digest`, evidence.digest, COORDINATE_LENGTH_MAX, true)
    counter(`${at}.evidence.observed_at_ns`, evidence.observedAtNs, U64_MAX)
  }
  return {
    ...fact,
    subject: coordinate(`${at}.subject`, fact.subject),
    object: coordinate(`${at}.object`, fact.object),
  }
}

function checkFinding(at: string, finding: Finding, nowNs: number): Finding {
  text(`${at}.code`, finding.code, TEXT_MAX.label)
  within(`${at}.severity`, finding.severity, SEVERITY_MAX + 1)
  nsTime(`${at}.time_ns`, finding.timeNs, nowNs)
  return {
    ...finding,
    subject: coordinate(`${at}.subject`, finding.subject),
    message: clean(finding.message, TEXT_MAX.path),
    fix: clean(finding.fix, TEXT_MAX.path),
  }
}

/** Modules and services are in it as programs name themselves. */
function coordinate(name: string, value: string): string {
  if (!/^[a-z]+:./s.test(value)) throw new Refused('text', `${name} is no coordinate`)
  return clean(value, COORDINATE_LENGTH_MAX)
}

function coordinateOfBuild(name: string, value: string): void {
  if (!BUILD_ID.test(value)) throw new Refused('text', `${name} is no build`)
}
