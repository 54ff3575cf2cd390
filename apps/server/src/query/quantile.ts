import { timedCount, type Durations } from '../store/durations.ts'

/**
 * The time that a share of the requests took at most, nanoseconds: where in its bucket it lies is guessed evenly on
 * the histogram's own scale, which is logarithmic. It is in the bucket of the exact one (the nearest rank), and never
 * below the least or above the largest time. 0 where nothing was timed.
 *
 * @param share 0 to 1
 */
export function quantileNs(durations: Durations | undefined, share: number): number {
  if (!durations) return 0
  const { scale, offset, counts, zeroCount, minNs, maxNs } = durations
  const rank = Math.max(1, Math.ceil(share * timedCount(durations)))
  if (rank <= zeroCount) return 0
  let before = zeroCount
  for (const [i, count] of counts.entries()) {
    if (before + count >= rank) {
      const ns = 2 ** ((offset + i + (rank - before) / count) / 2 ** scale)
      return Math.min(Math.max(ns, minNs), maxNs)
    }
    before += count
  }
  return maxNs
}
