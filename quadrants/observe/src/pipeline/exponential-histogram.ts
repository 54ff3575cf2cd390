import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'

/** Buckets of one side, as the OpenTelemetry SDKs have them. */
const BUCKETS_MAX = 160
/** The finest scale: base 2^(2^-20). */
const SCALE_MAX = 20
const SCALE_MIN = -10

/**
 * A histogram whose bucket `i` holds what is above base^i up to base^(i+1), base = 2^(2^-scale) (OpenTelemetry, metrics
 * data model, "ExponentialHistogram"). It begins fine and grows coarser as the values spread: at most 160 buckets.
 * For values that are not negative.
 */
export class ExponentialHistogram {
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  zeroCount = 0
  #scale = SCALE_MAX
  readonly #buckets = new Map<number, number>()
  #least = Number.POSITIVE_INFINITY
  #greatest = Number.NEGATIVE_INFINITY

  get scale(): number {
    return this.#scale
  }

  /** Anything that is no number, or negative, is not counted: false. */
  record(value: number): boolean {
    if (!(value >= 0) || !Number.isFinite(value)) return false
    this.count++
    this.sum += value
    this.min = Math.min(this.min, value)
    this.max = Math.max(this.max, value)
    if (value === 0) this.zeroCount++
    else this.#add(bucketOf(value, this.#scale), 1)
    return true
  }

  /** Adds another's counts; the coarser scale of both is the new one. False where it has buckets below zero. */
  merge(point: otlp.ExponentialHistogramDataPoint): boolean {
    const { positive, negative, scale } = point
    if (negative?.bucketCounts.some((count) => count > 0n) || scale < SCALE_MIN || scale > SCALE_MAX)
      return false
    this.count += Number(point.count)
    this.zeroCount += Number(point.zeroCount)
    this.sum += point.sum ?? 0
    this.min = Math.min(this.min, point.min ?? Number.POSITIVE_INFINITY)
    this.max = Math.max(this.max, point.max ?? Number.NEGATIVE_INFINITY)
    while (this.#scale > scale) this.#coarsen()
    for (const [index, count] of (positive?.bucketCounts ?? []).entries())
      if (count > 0n)
        // Asked anew for each: adding one can make the others coarser.
        this.#add(((positive?.offset ?? 0) + index) >> (scale - this.#scale), Number(count))
    return true
  }

  /** As a data point, but for its times and attributes. */
  toPoint(): otlp.ExponentialHistogramDataPoint {
    const bucketCounts = new Array<bigint>(this.#width()).fill(0n)
    for (const [index, count] of this.#buckets) bucketCounts[index - this.#least] = BigInt(count)
    return create(otlp.ExponentialHistogramDataPointSchema, {
      count: BigInt(this.count),
      sum: this.sum,
      scale: this.#scale,
      zeroCount: BigInt(this.zeroCount),
      ...(bucketCounts.length > 0 ? { positive: { offset: this.#least, bucketCounts } } : {}),
      ...(Number.isFinite(this.min) ? { min: this.min } : {}),
      ...(Number.isFinite(this.max) ? { max: this.max } : {}),
    })
  }

  #width(): number {
    return this.#buckets.size === 0 ? 0 : this.#greatest - this.#least + 1
  }

  #add(index: number, count: number): void {
    let least = Math.min(this.#least, index)
    let greatest = Math.max(this.#greatest, index)
    let at = index
    while (greatest - least >= BUCKETS_MAX) {
      this.#coarsen()
      at >>= 1
      least = Math.min(this.#least, at)
      greatest = Math.max(this.#greatest, at)
    }
    this.#buckets.set(at, (this.#buckets.get(at) ?? 0) + count)
    this.#least = least
    this.#greatest = greatest
  }

  /** Halves the number of buckets: two neighbours become one. */
  #coarsen(): void {
    this.#scale--
    const old = [...this.#buckets]
    this.#buckets.clear()
    for (const [index, count] of old)
      this.#buckets.set(index >> 1, (this.#buckets.get(index >> 1) ?? 0) + count)
    if (old.length === 0) return
    this.#least >>= 1
    this.#greatest >>= 1
  }
}

/** Index of the bucket that holds a value: an upper bound belongs to the bucket below it. */
function bucketOf(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * 2 ** scale) - 1
}
