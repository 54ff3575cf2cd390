import { type Interval, lengthMs, type TimeSelection, WINDOW_SECONDS_MAX } from './time-range.ts'

/**
 * B: as long as A and before it. It keeps its distance while A moves, and never lies over A: where A has grown longer than
 * the distance, B ends where A begins.
 *
 * @param apartSeconds from the start of B to the start of A
 */
export function earlierInterval(a: Interval, apartSeconds: number): Interval {
  const apartMs = Math.max(apartSeconds * 1000, a.endMs - a.startMs)
  return { startMs: a.startMs - apartMs, endMs: a.endMs - apartMs }
}

/** The distance at which B starts at a time, seconds: whole ones, not over A and within what is kept. */
export function apartSecondsAt(a: Interval, startMs: number): number {
  const leastMs = a.endMs - a.startMs
  const seconds = Math.round(Math.max(a.startMs - startMs, leastMs) / 1000)
  return Math.min(Math.max(1, seconds), WINDOW_SECONDS_MAX)
}

/** Switches the comparison on, with the stretch of the same length right before A, or off: 0. */
export function toggleApartSeconds(apartSeconds: number, time: TimeSelection): number {
  return apartSeconds > 0 ? 0 : Math.min(Math.max(1, Math.ceil(lengthMs(time) / 1000)), WINDOW_SECONDS_MAX)
}
