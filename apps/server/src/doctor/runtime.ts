import { formatCount, formatShare } from '@quadrant/core'
import { CheckStatus, type AgentReport, type Check, type RuntimeReport } from '@quadrant/proto'
import { check } from './check.ts'

/** Share of samples whose user stack is broken from on which a flame graph misleads. */
const BROKEN_SHARE_WARNING = 0.02
/** Fewer samples say nothing about a share. */
const SAMPLES_MIN = 50
/**
 * An agent empties the ring each 100 ms at the latest. An event that is this late does not yet disturb what is shown: it
 * says that the agent gets too little CPU.
 */
const LATENCY_US_WARNING = 250_000

/** How the observing of runtimes fares on one host, and what each missing part costs. */
export function runtimeChecks(host: string, { runtime }: AgentReport): Check[] {
  if (!runtime)
    return [
      check('server.runtime', TITLE_PROBES, CheckStatus.SKIPPED, {
        detail: `${host}: runtimes are not observed`,
        costIfMissing: 'builds, modules, garbage collections and profiles are not seen',
        fix: 'run `quadrant up` as root, and an agent of the same version',
      }),
    ]
  return [probes(host, runtime), latency(host, runtime), profiles(host, runtime)]
}

const TITLE_PROBES = 'the runtime of every Go process is observed'

function probes(host: string, { processes, probedProcesses, probes: placed, refused }: RuntimeReport): Check {
  const kinds = processes.map(({ runtime, count }) => `${formatCount(count)} ${runtime}`)
  const goProcesses = processes.find(({ runtime }) => runtime === 'go')?.count ?? 0
  const reasons = refused.filter(({ count }) => count > 0)
  const isMissing = reasons.length > 0
  return check('server.runtime', TITLE_PROBES, isMissing ? CheckStatus.WARNING : CheckStatus.OK, {
    detail: [
      `${host}: ${formatCount(probedProcesses)} of ${formatCount(goProcesses)} Go processes probed at ${formatCount(placed)} places`,
      ...(isMissing
        ? [`not probed: ${reasons.map(({ reason, count }) => `${formatCount(count)} ${reason}`).join(', ')}`]
        : []),
      ...(kinds.length > 0 ? [`processes: ${kinds.join(', ')}`] : []),
    ].join('; '),
    costIfMissing: isMissing ? 'collections and stops of the world of these processes are not seen' : '',
    fix: isMissing ? (FIXES[reasons[0]!.reason] ?? 'the findings of these services say why') : '',
  })
}

const FIXES: Readonly<Record<string, string>> = {
  version: 'update Quadrant: it does not know the layout of that Go version',
  cost: 'raise probe_share_max in the instruction, where more than that may be given up',
  limit: 'an agent probes 256 processes at once: those that wait are probed when others end',
  off: 'set probes_off to false in the instruction',
}

function latency(host: string, { latencyUsMedian, latencyUsP99, probedProcesses }: RuntimeReport): Check {
  const title = 'what probes see arrives promptly'
  if (latencyUsMedian === 0)
    return check('server.runtime-latency', title, CheckStatus.SKIPPED, {
      category: 'cost',
      detail: `${host}: no probe was hit yet`,
      costIfMissing: probedProcesses > 0 ? '' : 'no collection is seen while nothing is probed',
    })
  const isLate = latencyUsP99 > LATENCY_US_WARNING
  return check('server.runtime-latency', title, isLate ? CheckStatus.WARNING : CheckStatus.OK, {
    category: 'cost',
    detail: `${host}: the agent, which empties the ring each 20 to 100 ms and tells once a second, read the last of them ${ms(latencyUsMedian)} ms after the probe at the median, ${ms(latencyUsP99)} ms for one in a hundred`,
    costIfMissing: isLate ? 'collections are shown late, and records may be lost' : '',
    fix: isLate ? 'give the agent more CPU' : '',
  })
}

function ms(microseconds: number): string {
  return (microseconds / 1000).toFixed(1)
}

function profiles(
  host: string,
  { profileHz, profileSamples, profileBroken, symbolFiles }: RuntimeReport,
): Check {
  const title = 'samples of processor time have whole stacks'
  if (profileHz === 0)
    return check('server.profiles', title, CheckStatus.SKIPPED, {
      detail: `${host}: nothing is sampled`,
      costIfMissing: 'no flame graph and no heat map',
      fix: 'set profiles_off to false in the instruction; the agent needs root for it',
    })
  const share = profileSamples > 0 ? profileBroken / profileSamples : 0
  const isBroken = profileSamples >= SAMPLES_MIN && share > BROKEN_SHARE_WARNING
  return check('server.profiles', title, isBroken ? CheckStatus.WARNING : CheckStatus.OK, {
    detail: `${host}: ${profileHz} samples a second; ${formatCount(profileBroken)} of the last ${formatCount(profileSamples)} are broken (${formatShare(share)}); symbols of ${formatCount(symbolFiles)} files are held`,
    costIfMissing: isBroken ? 'the callers of these samples are missing in flame graphs' : '',
    fix: isBroken ? 'build native parts with -fno-omit-frame-pointer' : '',
  })
}
