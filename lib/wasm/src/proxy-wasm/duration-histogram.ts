/** Buckets of half powers of two from 128 ns to about 4 s. */
const BUCKETS = 50
const FIRST_NS = 128

/** How long something took, in buckets that grow by the root of two. */
export class DurationHistogram {
  readonly counts = new Float64Array(BUCKETS)
  count = 0
  sumNs = 0

  record(ns: number): void {
    this.count++
    this.sumNs += ns
    const bucket = ns <= FIRST_NS ? 0 : Math.min(BUCKETS - 1, Math.ceil(2 * Math.log2(ns / FIRST_NS)))
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }

  /** The upper bound of the bucket in which the fraction lies, in nanoseconds; 0 where nothing was recorded. */
  quantileNs(fraction: number): number {
    let rest = this.count * fraction
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      rest -= this.counts[bucket] ?? 0
      if (rest <= 0 && this.count > 0) return FIRST_NS * 2 ** (bucket / 2)
    }
    return 0
  }

  add(other: DurationHistogram): void {
    this.count += other.count
    this.sumNs += other.sumNs
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.counts[bucket] = (this.counts[bucket] ?? 0) + (other.counts[bucket] ?? 0)
  }
}
