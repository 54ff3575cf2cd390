import type { LatencyCounts } from './request-source.ts'

/** Eight buckets for each power of two from 2^10 ns up to 2^36 ns, as bpf/http.h has them. */
export const LATENCY_SCALE = 3
export const LATENCY_OFFSET = 10 * 2 ** LATENCY_SCALE
const BUCKETS = (36 - 10) * 2 ** LATENCY_SCALE

/** Where buckets end: the first one is what comes up to 2^10 ns. */
const ENDS = Float64Array.from(
  { length: BUCKETS + 1 },
  (_, index) => 2 ** ((LATENCY_OFFSET + index) / 2 ** LATENCY_SCALE),
)

/** Counts latencies as the kernel's programs do. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS)
  #below = 0
  #above = 0

  add(ns: number): void {
    if (ns <= ENDS[0]!) {
      this.#below++
      return
    }
    if (ns > ENDS[BUCKETS]!) {
      this.#above++
      return
    }
    let low = 0
    let high = BUCKETS
    // Above ENDS[low], and up to ENDS[high].
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (ns > ENDS[middle]!) low = middle
      else high = middle
    }
    this.#counts[low]!++
  }

  /** What was counted since the last time. */
  take(): LatencyCounts {
    const taken = {
      scale: LATENCY_SCALE,
      offset: LATENCY_OFFSET,
      counts: [...this.#counts],
      below: this.#below,
      above: this.#above,
    }
    this.#counts.fill(0)
    this.#below = this.#above = 0
    return taken
  }
}
