import type { DurationHistogram } from '@quadrant/proto'

/** Times of requests, as the contract has them: bucket `offset + i` ends at base^(offset + i + 1), base = 2^(2^-scale). */
export type Durations = Omit<DurationHistogram, '$typeName' | '$unknown'>

/** As many as a frame may bring: what is merged gets coarser before it gets longer. */
const BUCKETS_MAX = 320
const SCALE_MAX = 20

/**
 * Adds up histograms of times. Neighbouring buckets of the finer one become one until both are of one scale, which is
 * exact (OpenTelemetry, metrics data model, "ExponentialHistogram"): in which order they come makes no difference but
 * for how coarse the result is.
 */
export class DurationSum {
  #scale = SCALE_MAX
  #offset = 0
  #counts: number[] = []
  #timed = 0
  #zeroCount = 0
  #sumNs = 0
  #minNs = Infinity
  #maxNs = 0

  add(durations: Durations | undefined): void {
    if (!durations) return
    const { scale, offset, counts, zeroCount } = durations
    const buckets = counts.reduce((sum, count) => sum + count, 0)
    if (buckets + zeroCount === 0) return
    this.#timed += buckets + zeroCount
    this.#zeroCount += zeroCount
    this.#sumNs += durations.sumNs
    this.#minNs = Math.min(this.#minNs, durations.minNs)
    this.#maxNs = Math.max(this.#maxNs, durations.maxNs)
    if (counts.length === 0) return
    this.#makeRoom(scale, offset, offset + counts.length - 1)
    const shift = scale - this.#scale
    for (let i = 0; i < counts.length; i++)
      this.#counts[indexAt(offset + i, shift) - this.#offset]! += counts[i]!
  }

  /** undefined where nothing was timed. */
  total(): Durations | undefined {
    if (this.#timed === 0) return undefined
    return {
      scale: this.#scale,
      offset: this.#offset,
      counts: this.#counts,
      zeroCount: this.#zeroCount,
      sumNs: this.#sumNs,
      minNs: this.#minNs,
      maxNs: this.#maxNs,
    }
  }

  /** Makes the buckets reach from `least` to `greatest`, indices of a scale, as fine as there is room. */
  #makeRoom(scale: number, least: number, greatest: number): void {
    const old = { scale: this.#scale, offset: this.#offset, counts: this.#counts }
    const isEmpty = old.counts.length === 0
    let target = isEmpty ? scale : Math.min(scale, old.scale)
    const bounds = () => {
      const from = indexAt(least, scale - target)
      const to = indexAt(greatest, scale - target)
      if (isEmpty) return { from, to }
      const shift = old.scale - target
      return {
        from: Math.min(from, indexAt(old.offset, shift)),
        to: Math.max(to, indexAt(old.offset + old.counts.length - 1, shift)),
      }
    }
    let { from, to } = bounds()
    while (to - from >= BUCKETS_MAX) {
      target--
      ;({ from, to } = bounds())
    }
    if (!isEmpty && target === old.scale && from === old.offset && to - from + 1 === old.counts.length) return
    this.#scale = target
    this.#offset = from
    this.#counts = new Array<number>(to - from + 1).fill(0)
    for (let i = 0; i < old.counts.length; i++)
      this.#counts[indexAt(old.offset + i, old.scale - target) - from]! += old.counts[i]!
  }
}

/** Index of the bucket of a scale coarser by `shift` that holds a bucket: two become one with each. */
function indexAt(index: number, shift: number): number {
  return shift === 0 ? index : Math.floor(index / 2 ** shift)
}

/** How many times a histogram holds. */
export function timedCount(durations: Durations | undefined): number {
  return durations ? durations.counts.reduce((sum, count) => sum + count, durations.zeroCount) : 0
}
