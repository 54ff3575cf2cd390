import type { NsRange } from './store.ts'

export interface ThinOptions<T> {
  readonly range: NsRange
  readonly pointsMax: number
  /** Nanoseconds of the Unix epoch. */
  readonly timeOf: (sample: T) => number
  /** What is to keep its lowest and highest. */
  readonly valueOf: (sample: T) => number
}

/**
 * At most so many samples of one process: of each of equal parts of the range the one with the lowest value and the one
 * with the highest, and the newest of all. All of them were read so; nothing is averaged.
 *
 * @param samples by time
 */
export function thin<T>(samples: readonly T[], options: ThinOptions<T>): readonly T[] {
  const { range, pointsMax, timeOf, valueOf } = options
  if (samples.length <= pointsMax) return samples
  const newest = samples.at(-1) as T
  const parts = Math.floor((pointsMax - 1) / 2)
  if (parts === 0) return [newest]
  // The range may have no end, and begin before there was anything.
  const startNs = Math.max(range.startNs, timeOf(samples[0] as T))
  const lengthNs = (Math.min(range.endNs, timeOf(newest) + 1e9) - startNs) / parts
  const kept: T[] = []
  let part = -1
  let low: T = newest
  let high: T = newest
  const keep = () => {
    if (part === -1) return
    if (low === high) kept.push(low)
    else kept.push(...(timeOf(low) < timeOf(high) ? [low, high] : [high, low]))
  }
  for (const sample of samples) {
    const at = Math.min(Math.floor((timeOf(sample) - startNs) / lengthNs), parts - 1)
    if (at !== part) {
      keep()
      part = at
      low = high = sample
    } else if (valueOf(sample) < valueOf(low)) low = sample
    else if (valueOf(sample) > valueOf(high)) high = sample
  }
  keep()
  if (kept.at(-1) !== newest) kept.push(newest)
  return kept
}
