import { formatBytes, formatDurationNs, formatShare } from '@quadrant/core'
import { type GcCycle, GcTrigger } from '@quadrant/proto'
import type { Interval } from './time-range.ts'

/** One garbage collection as it is drawn. Milliseconds of the Unix epoch, with fractions. */
export interface Collection {
  /** `gc:START` in microseconds, for the address. */
  readonly key: string
  /** Index in the answer's processes. */
  readonly process: number
  readonly startMs: number
  readonly endMs: number
  /** When the world stood still: for sweep termination and for mark termination. */
  readonly pauses: readonly [Interval, Interval]
  readonly trigger: string
  readonly source: GcCycle
}

const TRIGGERS: Readonly<Record<GcTrigger, string>> = {
  [GcTrigger.UNSPECIFIED]: 'trigger not known',
  [GcTrigger.HEAP]: 'heap grew to its trigger',
  [GcTrigger.TIME]: 'two minutes without one',
  [GcTrigger.FORCED]: 'forced',
}

export function toCollection(cycle: GcCycle): Collection {
  const startMs = cycle.startNs / 1e6
  const endMs = Math.max(cycle.endNs / 1e6, startMs)
  const secondMs =
    cycle.markTerminationStartNs > 0
      ? cycle.markTerminationStartNs / 1e6
      : endMs - cycle.markTerminationNs / 1e6
  return {
    key: `gc:${Math.round(cycle.startNs / 1e3)}`,
    process: cycle.process,
    startMs,
    endMs,
    pauses: [
      { startMs, endMs: startMs + cycle.sweepTerminationNs / 1e6 },
      { startMs: secondMs, endMs: secondMs + cycle.markTerminationNs / 1e6 },
    ],
    trigger: TRIGGERS[cycle.trigger] ?? TRIGGERS[GcTrigger.UNSPECIFIED],
    source: cycle,
  }
}

/** Both pauses, nanoseconds. */
export function pauseNs({ source }: Collection): number {
  return source.sweepTerminationNs + source.markTerminationNs
}

/** `collection 17`; without a number where the runtime's own could not be read. */
export function collectionTitle({ source }: Collection): string {
  return source.number > 0 ? `collection ${source.number}` : 'collection'
}

/** `80.0 MB → 42.0 MB live, goal 84.0 MB`: what is known of it. */
export function heapText({ source }: Collection): string {
  const { heapStartBytes, heapLiveBytes, heapGoalBytes } = source
  const parts = [
    heapStartBytes > 0 ? `${formatBytes(heapStartBytes)} →` : '',
    heapLiveBytes > 0 ? `${formatBytes(heapLiveBytes)} live` : '',
  ].filter(Boolean)
  const goal =
    heapGoalBytes === 0 ? '' : hasGoal(heapGoalBytes) ? `goal ${formatBytes(heapGoalBytes)}` : 'no goal'
  return [parts.join(' '), goal].filter(Boolean).join(', ') || 'heap not read'
}

/** Where collecting is off the runtime has a goal of all ones: the heap may grow for ever. */
export function hasGoal(bytes: number): boolean {
  return bytes < 2 ** 60
}

/** CPU time that the collection took, and how much of it goroutines had to give because they allocated. */
export function workText({ source }: Collection): string {
  const { assistNs, dedicatedNs, idleNs } = source
  const all = assistNs + dedicatedNs + idleNs
  if (all === 0) return 'CPU time not read'
  const assist =
    assistNs > 0 ? `assists ${formatDurationNs(assistNs)} (${formatShare(assistNs / all)})` : 'no assists'
  return `${formatDurationNs(all)} of CPU, ${assist}`
}

/** The collection in words, for those who do not see it. */
export function describeCollection(collection: Collection): string {
  const { source, trigger, startMs, endMs } = collection
  return [
    collectionTitle(collection),
    trigger,
    `took ${formatDurationNs((endMs - startMs) * 1e6)}`,
    `pauses ${formatDurationNs(source.sweepTerminationNs)} and ${formatDurationNs(source.markTerminationNs)}`,
    heapText(collection),
    workText(collection),
  ].join(', ')
}
