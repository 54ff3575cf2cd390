import type { DurationHistogram } from '@quadrant/proto'

/** What is read of a histogram of times; `min_ns` and `max_ns` are 0 where nothing was timed. */
export type Durations = Pick<
  DurationHistogram,
  'scale' | 'zeroCount' | 'offset' | 'counts' | 'sumNs' | 'minNs' | 'maxNs'
>

export const NO_DURATIONS: Durations = {
  scale: 0,
  zeroCount: 0,
  offset: 0,
  counts: [],
  sumNs: 0,
  minNs: 0,
  maxNs: 0,
}

export function timedCount({ zeroCount, counts }: Durations): number {
  return counts.reduce((sum, count) => sum + count, zeroCount)
}

/** All of them in one, in the scale of the coarsest: two buckets of a scale are one of the scale below. */
export function sumDurations(all: Iterable<Durations | undefined>): Durations {
  const timed = [...all].filter((each) => each !== undefined).filter((each) => timedCount(each) > 0)
  if (timed.length <= 1) return timed[0] ?? NO_DURATIONS
  const filled = timed.filter(({ counts }) => counts.length > 0)
  const scale = filled.reduce((least, each) => Math.min(least, each.scale), 20)
  const [low, high] = filled.reduce(
    ([least, most], each) => {
      const [first, last] = [each.offset, each.offset + each.counts.length - 1]
      return [Math.min(least, coarser(first, each, scale)), Math.max(most, coarser(last, each, scale))]
    },
    [Infinity, -Infinity],
  )
  const counts = new Array<number>(high >= low ? high - low + 1 : 0).fill(0)
  for (const each of filled)
    each.counts.forEach((count, i) => {
      counts[coarser(each.offset + i, each, scale) - low]! += count
    })
  return {
    scale,
    offset: counts.length > 0 ? low : 0,
    counts,
    zeroCount: timed.reduce((sum, each) => sum + each.zeroCount, 0),
    sumNs: timed.reduce((sum, each) => sum + each.sumNs, 0),
    minNs: timed.reduce((least, each) => Math.min(least, each.minNs), Infinity),
    maxNs: timed.reduce((most, each) => Math.max(most, each.maxNs), 0),
  }
}

function coarser(index: number, from: Durations, scale: number): number {
  return Math.floor(index / 2 ** (from.scale - scale))
}

/** Upper bound of a bucket, nanoseconds: base^(index + 1), with base = 2^(2^-scale). */
export function bucketEndNs(scale: number, index: number): number {
  return 2 ** ((index + 1) * 2 ** -scale)
}

/**
 * The time that so many of all did not exceed, nanoseconds: right within one bucket, and never outside of what was seen.
 *
 * @param share 0.5 for the median
 * @returns undefined where nothing was timed
 */
export function quantileNs(durations: Durations, share: number): number | undefined {
  const { scale, zeroCount, offset, counts, minNs, maxNs } = durations
  const wanted = share * timedCount(durations)
  if (counts.length === 0) return zeroCount > 0 ? 0 : undefined
  if (wanted <= zeroCount && zeroCount > 0) return 0
  let before = zeroCount
  for (const [i, count] of counts.entries()) {
    if (before + count >= wanted && count > 0) {
      // Times within a bucket are taken as even on its logarithmic scale, as the buckets are.
      const part = Math.max(0, wanted - before) / count
      return Math.min(Math.max(bucketEndNs(scale, offset + i - 1 + part), minNs), maxNs)
    }
    before += count
  }
  return maxNs
}

/**
 * Counts in bands of equal width on a logarithmic scale, for where a histogram is shown as a strip. A bucket over the edge of
 * two bands is told to that of its middle.
 *
 * @param ends of the scale, nanoseconds; what is outside is told to the outermost bands
 */
export function durationBands(
  { scale, zeroCount, offset, counts }: Durations,
  ends: { readonly leastNs: number; readonly mostNs: number },
  bandCount: number,
): readonly number[] {
  const bands = new Array<number>(bandCount).fill(0)
  const span = Math.log2(ends.mostNs / ends.leastNs)
  const put = (log2: number, count: number) => {
    const at = Math.floor(((log2 - Math.log2(ends.leastNs)) / span) * bandCount)
    bands[Math.min(Math.max(at, 0), bandCount - 1)]! += count
  }
  if (zeroCount > 0) put(-1, zeroCount)
  counts.forEach((count, i) => count > 0 && put((offset + i + 0.5) * 2 ** -scale, count))
  return bands
}

/** Whole decades around all these times: a scale that many strips have in common. */
export function decadesAround(all: Iterable<Durations | undefined>): {
  readonly leastNs: number
  readonly mostNs: number
} {
  let [least, most] = [Infinity, 0]
  for (const each of all)
    if (each && timedCount(each) > 0) {
      least = Math.min(least, Math.max(each.minNs, LEAST_NS))
      most = Math.max(most, each.maxNs)
    }
  if (most === 0) return { leastNs: 1e6, mostNs: 1e9 }
  const leastNs = 10 ** Math.floor(Math.log10(Math.min(least, most)))
  return { leastNs, mostNs: Math.max(10 ** Math.ceil(Math.log10(most)), leastNs * 10) }
}

/** Below a microsecond nothing is told apart. */
const LEAST_NS = 1000
