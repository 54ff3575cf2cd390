import { create } from '@bufbuild/protobuf'
import { type DurationHistogram, DurationHistogramSchema } from '@quadrant/proto'
import type { LatencyCounts } from './request-source.ts'

/** Latencies of several series, added up. All of them have the buckets of the first. */
export class LatencySum {
  readonly #scale: number
  readonly #offset: number
  /** One below and one above the buckets: what lies beyond is counted as if it lay just there. */
  readonly #counts: Float64Array
  #sumNs = 0

  constructor({ scale, offset, counts }: LatencyCounts) {
    this.#scale = scale
    this.#offset = offset - 1
    this.#counts = new Float64Array(counts.length + 2)
  }

  /** @param sumNs of all that are counted */
  add({ counts, below, above }: LatencyCounts, sumNs: number): void {
    const sums = this.#counts
    sums[0]! += below
    for (const [i, count] of counts.entries()) sums[i + 1]! += count
    sums[sums.length - 1]! += above
    this.#sumNs += sumNs
  }

  /**
   * Least and most are the bounds of their buckets; undefined where nothing was timed.
   *
   * @param most of requests. The kernel counts a request before its latency, so a window may get a latency more than it
   * has requests: it is left out.
   */
  toHistogram(most: number): DurationHistogram | undefined {
    this.#cutTo(most)
    const first = this.#counts.findIndex((count) => count > 0)
    if (first === -1) return undefined
    const last = this.#counts.findLastIndex((count) => count > 0)
    return create(DurationHistogramSchema, {
      scale: this.#scale,
      offset: this.#offset + first,
      counts: Array.from(this.#counts.subarray(first, last + 1)),
      sumNs: this.#sumNs,
      minNs: this.#boundNs(first),
      maxNs: this.#boundNs(last + 1),
    })
  }

  #cutTo(most: number): void {
    const counts = this.#counts
    let timed = counts.reduce((sum, count) => sum + count, 0)
    while (timed > most) {
      const fullest = counts.indexOf(Math.max(...counts))
      this.#sumNs -= this.#sumNs / timed
      counts[fullest]!--
      timed--
    }
  }

  #boundNs(index: number): number {
    return 2 ** ((this.#offset + index) / 2 ** this.#scale)
  }
}
