import type { TimelinePoint } from '@quadrant/proto'
import type { Interval } from './time-range.ts'

/** One bar of the time bar: sums over its stretch of time. */
export interface TimelineBin {
  readonly startMs: number
  readonly opened: number
  readonly failed: number
  readonly reset: number
  readonly bytes: number
  readonly dropped: number
}

export interface TimelineBins {
  readonly binMs: number
  readonly bins: readonly TimelineBin[]
}

/**
 * Points set into at most `countMax` equal bins of whole stored steps that begin at multiples of their length: as time goes
 * on the bars move, and do not flicker by falling into other bins.
 */
export function binTimeline(
  points: readonly TimelinePoint[],
  interval: Interval,
  { countMax, resolutionSeconds }: { readonly countMax: number; readonly resolutionSeconds: number },
): TimelineBins {
  const spanMs = interval.endMs - interval.startMs
  const stepMs = Math.max(1, resolutionSeconds) * 1000
  const binMs = Math.max(1, Math.ceil(spanMs / Math.max(1, countMax) / stepMs)) * stepMs
  const bins = new Map<number, { -readonly [K in keyof TimelineBin]: number }>()
  for (const point of points) {
    const atMs = point.timeNs / 1e6
    if (atMs < interval.startMs - binMs || atMs > interval.endMs) continue
    const startMs = Math.floor(atMs / binMs) * binMs
    let bin = bins.get(startMs)
    if (!bin) bins.set(startMs, (bin = { startMs, opened: 0, failed: 0, reset: 0, bytes: 0, dropped: 0 }))
    bin.opened += point.opened
    bin.failed += point.failed
    bin.reset += point.reset
    bin.bytes += point.bytes
    bin.dropped += point.dropped
  }
  return { binMs, bins: [...bins.values()].sort((a, b) => a.startMs - b.startMs) }
}

/** The points with one more second at the right end, and without those that are older than the bar. */
export function appendPoint(
  points: readonly TimelinePoint[],
  point: TimelinePoint,
  oldestMs: number,
): readonly TimelinePoint[] {
  const last = points.at(-1)
  if (last && last.timeNs > point.timeNs) return points
  // The same second is told again while it fills.
  const kept = points.filter(({ timeNs }) => timeNs >= oldestMs * 1e6 && timeNs < point.timeNs)
  return [...kept, point]
}

const TICK_SECONDS = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]

/** Times at which the bar carries a label: round ones in the person's time zone, at most about `countMax`. */
export function timeTicks(interval: Interval, countMax: number): number[] {
  const spanMs = interval.endMs - interval.startMs
  const step =
    (TICK_SECONDS.find((seconds) => spanMs / 1000 / seconds <= countMax) ?? TICK_SECONDS.at(-1)!) * 1000
  const zoneMs = new Date(interval.startMs).getTimezoneOffset() * 60_000
  const ticks: number[] = []
  for (
    let at = Math.ceil((interval.startMs - zoneMs) / step) * step + zoneMs;
    at <= interval.endMs;
    at += step
  )
    ticks.push(at)
  return ticks
}

/** Whether the host was being watched at a time: there is a point for it. Beyond the points' ends nothing is known, and it counts as watched. */
export function coverage(
  points: readonly TimelinePoint[],
  resolutionSeconds: number,
): (ms: number) => boolean {
  const step = Math.max(1, resolutionSeconds)
  const known = new Set(points.map(({ timeNs }) => Math.floor(timeNs / 1e9 / step)))
  const first = (points[0]?.timeNs ?? Infinity) / 1e6
  const last = (points.at(-1)?.timeNs ?? -Infinity) / 1e6
  return (ms) => ms < first || ms > last || known.has(Math.floor(ms / 1000 / step))
}
