import { formatCount, formatShare } from '@quadrant/core'
import {
  Severity,
  type Build,
  type Finding,
  type GcCycle,
  type GetServiceResponse,
  type ServiceInstance,
} from '@quadrant/proto'

/** What is to be known of a service, in words: how many run, where, and in which builds. */
export function serviceWords({ instances, instancesOmitted, builds }: GetServiceResponse): string {
  const count = instances.length + instancesOmitted
  if (count === 0) return 'No process of it lived in this range.'
  const living = instances.filter(({ process }) => (process?.endNs ?? 0) === 0).length
  const hosts = new Set(instances.map(({ host }) => host)).size
  return [
    `${plural(count, 'process', 'processes')}${living < instances.length ? `, ${formatCount(living)} of them still running` : ''}, on ${plural(hosts, 'host', 'hosts')}`,
    ...(builds.length > 0 ? [`${plural(builds.length, 'build', 'builds')}: ${runtimesText(builds)}`] : []),
  ].join('; ')
}

/** `go1.26.8, node (mapped libnode.so.115)`: each once, with its version where there is one, and with what told it. */
function runtimesText(builds: readonly Build[]): string {
  const told = Map.groupBy(builds, runtimeText)
  return [...told.keys()]
    .sort()
    .map((runtime) => {
      const evidence = new Set(told.get(runtime)!.flatMap((build) => build.runtimeEvidence || []))
      return evidence.size === 0 ? runtime : `${runtime} (${[...evidence].sort().join(', ')})`
    })
    .join(', ')
}

export function runtimeText({ runtime, runtimeVersion }: Build): string {
  if (runtime === 'go') return runtimeVersion || 'go of unknown version'
  return [runtime || 'unknown runtime', runtimeVersion].filter(Boolean).join(' ')
}

/** The runtime and what told it, for where there is no room for both. */
export function runtimeHint(build: Build): string {
  const { runtimeEvidence } = build
  return runtimeEvidence === '' ? runtimeText(build) : `${runtimeText(build)}, by ${runtimeEvidence}`
}

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** Builds whose runtime is not observed, with the reason. */
export function refusals(builds: readonly Build[]): readonly Build[] {
  return builds.filter(({ refusal }) => refusal !== '')
}

const SEVERITIES = [Severity.ERROR, Severity.WARNING, Severity.INFO] as const

export type FindingTone = 'bad' | 'warn' | 'quiet'

/** What asks for a look first; of one kind the newest. */
export function rankFindings(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ severity }: Finding) => {
    const at = SEVERITIES.findIndex((each) => each === severity)
    return at === -1 ? SEVERITIES.length : at
  }
  return findings.toSorted((a, b) => rank(a) - rank(b) || b.timeNs - a.timeNs)
}

export function findingLooks({ severity }: Finding): { readonly word: string; readonly tone: FindingTone } {
  if (severity === Severity.ERROR) return { word: 'error', tone: 'bad' }
  return severity === Severity.WARNING ? { word: 'warning', tone: 'warn' } : { word: 'note', tone: 'quiet' }
}

/** Processor time that collections took, as a share of one core over the range, by index of the process. */
export function collectorShares(cycles: readonly GcCycle[], seconds: number): ReadonlyMap<number, number> {
  const shares = new Map<number, number>()
  for (const { process, assistNs, dedicatedNs, idleNs } of cycles)
    shares.set(
      process,
      (shares.get(process) ?? 0) + (assistNs + dedicatedNs + idleNs) / 1e9 / Math.max(seconds, 1e-9),
    )
  return shares
}

/** What observing costs a process, and whether that ended it. */
export function costText({ cost }: ServiceInstance): string {
  if (!cost) return '–'
  const share = `${formatShare(cost.share)} of its CPU`
  return cost.detached ? `detached: over ${formatShare(cost.shareMax)}` : share
}

/** `1a2b3c4d5e6f`: enough of a build's id to tell it from others. */
export function shortBuildId(id: string): string {
  return id.replace(/^build:(?:sha256:)?/, '').slice(0, 12)
}
