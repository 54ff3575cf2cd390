import type { DurationHistogram } from '@quadrant/proto'

/** What is read of a histogram of times; `min_ns` and `max_ns` are 0 where nothing was timed. */
export type Durations = Pick<
  DurationHistogram,
  'scale' | 'zeroCount' | 'offset' | 'counts' | 'minNs' | 'maxNs'
>

function timedCount({ zeroCount, counts }: Durations): number {
  return counts.reduce((sum, count) => sum + count, zeroCount)
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
