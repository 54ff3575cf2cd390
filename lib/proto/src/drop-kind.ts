import type { DropCount } from './gen/quadrant/v1/telemetry_pb.ts'

/**
 * What it means that a stage did not keep something: `lost` is missing from what is shown; `merged` is in every sum
 * and only not told apart (`~other`, or an end without its other end); `expired` was there for its time.
 */
export type DropKind = 'lost' | 'merged' | 'expired'

const MERGED_STAGES = new Set([
  'tracer.join',
  'tracer.addresses',
  'tracer.edges',
  'tracer.processes',
  'tracer.routes',
  // The address stands there without its name.
  'kernel.dns',
  'tracer.names',
  'server.edges',
  'server.requests',
])
const EXPIRED_STAGES = new Set(['server.retention', 'server.live'])
/** Of `server.retention`: what is not the end of its time. */
const RETENTION_KINDS: Readonly<Record<string, DropKind>> = {
  'edge-limit-folded': 'merged',
  'process-limit': 'merged',
  'series-folded': 'merged',
  'store-bytes': 'lost',
}

export function dropKind({ stage, reason }: Pick<DropCount, 'stage' | 'reason'>): DropKind {
  if (stage === 'server.retention' && Object.hasOwn(RETENTION_KINDS, reason)) return RETENTION_KINDS[reason]!
  if (EXPIRED_STAGES.has(stage)) return 'expired'
  // What is not known here is taken for the worst.
  return MERGED_STAGES.has(stage) ? 'merged' : 'lost'
}

/** What follows a count: `3 lost at kernel.ring`. */
export const DROP_WORDS: Readonly<Record<DropKind, string>> = {
  lost: 'lost',
  merged: 'not told apart',
  expired: 'no longer kept',
}

/** What the stages lose that is no row of a socket: descriptions of processes, their runtimes, and counters. */
const NO_FLOWS =
  /^(?:kernel\.ring full: (?:exec|fork|exit|gc)|agent\.spool .*-(?:edges|processes|runtime|profiles)|tracer\.checkpoint .*|(?:runtime|profile)\..*)$/

/** What they lose of runtimes: collections, stops, figures and samples. */
const RUNTIME =
  /^(?:kernel\.ring full: gc$|(?:kernel\.)?(?:runtime|profile)[. ]|agent\.spool .*-(?:runtime|profiles)$)/

/** What they lose of requests: in the kernel, in the agent, and what fell out of its journal. */
const REQUESTS = /^(?:kernel\.http2?[. ]|(?:http2|streams|tls)\.|tracer\.requests |agent\.spool .*-requests$)/

/** Of these, what a sampling rule had asked for in full. */
const CAPTURES =
  /^(?:kernel\.http\.heads |(?:http2|streams|tls)\.captures |tracer\.requests .*capture|agent\.spool .*-requests$)/

/** Whether rows of flows are missing because of it. */
export function isFlowLoss(drop: Pick<DropCount, 'stage' | 'reason'>): boolean {
  const name = `${drop.stage} ${drop.reason}`
  return dropKind(drop) === 'lost' && !NO_FLOWS.test(name) && !RUNTIME.test(name) && !REQUESTS.test(name)
}

/** Whether something of what runtimes did is missing because of it. */
export function isRuntimeLoss(drop: Pick<DropCount, 'stage' | 'reason'>): boolean {
  return dropKind(drop) === 'lost' && RUNTIME.test(`${drop.stage} ${drop.reason}`)
}

/** Whether requests are missing because of it: in what is counted of them, or those in full. */
export function isRequestLoss(drop: Pick<DropCount, 'stage' | 'reason'>): boolean {
  return dropKind(drop) === 'lost' && REQUESTS.test(`${drop.stage} ${drop.reason}`)
}

/** Whether requests in full are missing because of it. */
export function isCaptureLoss(drop: Pick<DropCount, 'stage' | 'reason'>): boolean {
  return dropKind(drop) === 'lost' && CAPTURES.test(`${drop.stage} ${drop.reason}`)
}

/** How many are really missing. */
export function lostCount(drops: readonly Pick<DropCount, 'stage' | 'reason' | 'count'>[]): number {
  return drops.reduce((sum, drop) => sum + (dropKind(drop) === 'lost' ? drop.count : 0), 0)
}
