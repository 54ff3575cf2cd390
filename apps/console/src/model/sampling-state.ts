import { formatCount } from '@quadrant/core'
import type { AgentStatus } from '@quadrant/proto'
import { clockTime } from './clock-text.ts'

/** What agents make of the rules: sums over the hosts that observe requests. */
export interface SamplingState {
  readonly hosts: number
  /** Hosts whose agent is there and observes no requests. */
  readonly withoutRequests: number
  readonly captures: number
  /** Asked for, and not captured because of a limit. */
  readonly capped: number
  /** Hosts that search the heads of requests for headers. */
  readonly scanning: number
  /** Changes with the rules that agents follow. */
  readonly generation: number
  /** Since when the last of them follows its rules, milliseconds of the Unix epoch; 0 where none does. */
  readonly effectiveMs: number
}

export function samplingState(agents: readonly AgentStatus[]): SamplingState {
  const there = agents.filter(({ connected, report }) => connected && report)
  const reports = there.flatMap(({ report }) => report?.requests ?? [])
  const sum = (of: (report: (typeof reports)[number]) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    hosts: reports.length,
    withoutRequests: there.length - reports.length,
    captures: sum(({ captures }) => captures),
    capped: sum(({ capturesCapped }) => capturesCapped),
    scanning: sum(({ headerScan }) => Number(headerScan)),
    generation: reports.reduce((latest, report) => Math.max(latest, report.generation), 0),
    effectiveMs: reports.reduce((latest, { effectiveNs }) => Math.max(latest, effectiveNs / 1e6), 0),
  }
}

/** What is in force, in words. */
export function samplingWords(state: SamplingState, ruleCount: number): string {
  const { hosts, withoutRequests, scanning, effectiveMs } = state
  if (hosts === 0)
    return withoutRequests > 0
      ? `${plural(withoutRequests, 'host')} connected, and none observes requests: quadrant doctor says why.`
      : 'No agent is connected: rules are told to it when it comes.'
  const who = hosts === 1 ? '1 host follows' : `${formatCount(hosts)} hosts follow`
  const what = ruleCount === 0 ? 'no rule: nothing is captured' : plural(ruleCount, 'rule')
  const since = effectiveMs > 0 ? `, since ${clockTime(effectiveMs)}` : ''
  const scan =
    scanning === 0
      ? 'heads of requests are not searched'
      : `heads of requests are searched${scanning < hosts ? ` on ${formatCount(scanning)} of them` : ''}`
  return `${who} ${what}${since}; ${scan}.`
}

function plural(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`
}
