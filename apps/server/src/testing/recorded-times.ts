import type { Durations } from '../store/durations.ts'

/** What somebody who counts at one scale makes of times, nanoseconds; undefined where there are none. */
export function recordedTimes(times: readonly number[], scale: number): Durations | undefined {
  if (times.length === 0) return undefined
  const buckets = new Map<number, number>()
  for (const time of times)
    if (time > 0) {
      const index = Math.ceil(Math.log2(time) * 2 ** scale) - 1
      buckets.set(index, (buckets.get(index) ?? 0) + 1)
    }
  const indices = [...buckets.keys()]
  const offset = indices.length > 0 ? Math.min(...indices) : 0
  const length = indices.length > 0 ? Math.max(...indices) - offset + 1 : 0
  return {
    scale,
    offset,
    counts: Array.from({ length }, (_, i) => buckets.get(offset + i) ?? 0),
    zeroCount: times.filter((time) => time === 0).length,
    sumNs: times.reduce((sum, time) => sum + time, 0),
    minNs: Math.min(...times),
    maxNs: Math.max(...times),
  }
}
