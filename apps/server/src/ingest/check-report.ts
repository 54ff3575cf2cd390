import {
  type AgentReport,
  type Check,
  type HostCapabilities,
  type Instruction,
  InstructionLimit,
  type RuntimeReport,
  serviceRuleTexts,
} from '@quadrant/proto'
import { checkRequestInstruction, checkRequestReport } from './check-request-instruction.ts'
import { atMost, counter, refusalOf, text, TEXT_MAX, type Refusal } from './refusal.ts'

/** Most entries of each list. The lists of a real agent have some dozens. */
const LIMITS = {
  checks: 256,
  programs: 1024,
  maps: 1024,
  blindSpots: 64,
  runtimes: 64,
  refusals: 256,
} as const
/** The kernel counts nanoseconds and runs in u64; the time of the Unix epoch is over 2^53 too. */
const U64_MAX = 2 ** 64

/** Counters of a report that are doubles, each with its largest value. */
const COUNTERS = [
  'cpuUs',
  'rssBytes',
  'eventLoopLagUsMax',
  'spoolFrames',
  'spoolBytes',
  'spoolLimitBytes',
  'connections',
  'connectionsLimit',
  'namespaces',
  'passCpuUs',
] as const

/** Checks all of a report: it is kept in memory as it came, and shown in terminals and browsers. */
export function checkReport(report: AgentReport): Refusal | undefined {
  return refusalOf(() => {
    counter('time_ns', report.timeNs, U64_MAX)
    text('source', report.source, TEXT_MAX.label, true)
    for (const name of COUNTERS) counter(name, report[name])
    atMost('blind spots', report.blindSpots.length, LIMITS.blindSpots)
    for (const [i, spot] of report.blindSpots.entries()) text(`blind_spots[${i}]`, spot, TEXT_MAX.path)
    atMost('programs', report.programs.length, LIMITS.programs)
    for (const [i, { name, attach, ...counters }] of report.programs.entries()) {
      const { runs, runNs, missed, sampleRuns, sampleRunNs } = counters
      text(`programs[${i}].name`, name, TEXT_MAX.name, true)
      text(`programs[${i}].attach`, attach, TEXT_MAX.name, true)
      for (const [field, value] of Object.entries({ runs, runNs, missed, sampleRuns, sampleRunNs }))
        counter(`programs[${i}].${field}`, value, U64_MAX)
    }
    atMost('maps', report.maps.length, LIMITS.maps)
    for (const [i, { name, type, entries, maxEntries }] of report.maps.entries()) {
      text(`maps[${i}].name`, name, TEXT_MAX.name, true)
      text(`maps[${i}].type`, type, TEXT_MAX.name, true)
      counter(`maps[${i}].entries`, entries)
      counter(`maps[${i}].max_entries`, maxEntries)
    }
    if (report.programSample) {
      const { endNs, lengthNs, problem } = report.programSample
      counter('program_sample.end_ns', endNs, U64_MAX)
      counter('program_sample.length_ns', lengthNs, U64_MAX)
      text('program_sample.problem', problem, TEXT_MAX.path, true)
    }
    if (report.runtime) runtime(report.runtime)
    if (report.requests) checkRequestReport(report.requests)
    if (report.capabilities) capabilities(report.capabilities)
    if (report.instruction) instructed(report.instruction)
  }).refusal
}

/** Checks what an agent says of its host. */
export function checkCapabilities(host: HostCapabilities): Refusal | undefined {
  return refusalOf(() => capabilities(host)).refusal
}

/** Checks what agents are told to observe: they tell it back in their reports. */
export function checkInstruction(instruction: Instruction): Refusal | undefined {
  return refusalOf(() => instructed(instruction)).refusal
}

function capabilities({ kernel, architecture, checks }: HostCapabilities): void {
  text('capabilities.kernel', kernel, TEXT_MAX.name, true)
  text('capabilities.architecture', architecture, TEXT_MAX.name, true)
  atMost('capabilities.checks', checks.length, LIMITS.checks)
  for (const [i, check] of checks.entries()) checkOfHost(`capabilities.checks[${i}]`, check)
}

function checkOfHost(at: string, { id, category, title, detail, costIfMissing, fix }: Check): void {
  text(`${at}.id`, id, TEXT_MAX.label)
  text(`${at}.category`, category, TEXT_MAX.label)
  text(`${at}.title`, title, TEXT_MAX.name)
  text(`${at}.detail`, detail, TEXT_MAX.path, true)
  text(`${at}.cost_if_missing`, costIfMissing, TEXT_MAX.path, true)
  text(`${at}.fix`, fix, TEXT_MAX.path, true)
}

/** Counters of what is said of runtimes. */
const RUNTIME_COUNTERS = [
  'probedProcesses',
  'probes',
  'latencyUsMedian',
  'latencyUsP99',
  'profileSamples',
  'profileBroken',
  'profileHz',
  'symbolFiles',
  'symbolBytes',
] as const

function runtime(report: RuntimeReport): void {
  for (const name of RUNTIME_COUNTERS) counter(`runtime.${name}`, report[name])
  atMost('runtime.processes', report.processes.length, LIMITS.runtimes)
  for (const [i, { runtime: name, count }] of report.processes.entries()) {
    text(`runtime.processes[${i}].runtime`, name, TEXT_MAX.label, true)
    counter(`runtime.processes[${i}].count`, count)
  }
  atMost('runtime.refused', report.refused.length, LIMITS.refusals)
  for (const [i, { stage, reason, count }] of report.refused.entries()) {
    text(`runtime.refused[${i}].stage`, stage, TEXT_MAX.label, true)
    text(`runtime.refused[${i}].reason`, reason, TEXT_MAX.name, true)
    counter(`runtime.refused[${i}].count`, count)
  }
}

function instructed(instruction: Instruction): void {
  const { messageTargets, serviceRules, profileHz, profileUntilNs, probeShareMax } = instruction
  counter('profile_hz', profileHz, InstructionLimit.profileHz)
  counter('profile_until_ns', profileUntilNs, U64_MAX)
  counter('probe_share_max', probeShareMax, InstructionLimit.probeShare)
  atMost('message targets', messageTargets.length, InstructionLimit.messageTargets)
  for (const [i, target] of messageTargets.entries())
    text(`message_targets[${i}]`, target, InstructionLimit.textLength, true)
  atMost('service rules', serviceRules.length, InstructionLimit.serviceRules)
  for (const [i, rule] of serviceRules.entries())
    for (const pattern of serviceRuleTexts(rule))
      text(`service_rules[${i}]`, pattern, InstructionLimit.textLength, true)
  if (instruction.requests) checkRequestInstruction(instruction.requests)
}
