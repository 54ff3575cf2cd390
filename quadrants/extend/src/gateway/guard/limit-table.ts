import { TokenBucket } from '../cluster/token-bucket.ts'
import type { RateLimitSpec } from '../config/rate-limit-spec.ts'

/** Values of keys that are counted at one time, of one limit. */
export const LIMIT_KEYS_MAX = 65_536

/**
 * A token bucket for each value of a key. Over the limit the value that was asked for longest ago is forgotten, which can
 * only let more through; how often is counted.
 */
export class LimitTable {
  readonly #spec: Omit<RateLimitSpec, 'status'>
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #keysMax: number
  evictedCount = 0

  constructor(spec: Omit<RateLimitSpec, 'status'>, keysMax = LIMIT_KEYS_MAX) {
    this.#spec = spec
    this.#keysMax = keysMax
  }

  get size(): number {
    return this.#buckets.size
  }

  bucketOf(key: string, nowMs: number): TokenBucket {
    const known = this.#buckets.get(key)
    if (known !== undefined) {
      if (this.#buckets.size >= this.#keysMax / 2) {
        this.#buckets.delete(key)
        this.#buckets.set(key, known)
      }
      return known
    }
    if (this.#buckets.size >= this.#keysMax) {
      const [oldest] = this.#buckets.keys()
      this.#buckets.delete(oldest!)
      this.evictedCount++
    }
    const bucket = new TokenBucket(this.#spec, nowMs)
    this.#buckets.set(key, bucket)
    return bucket
  }
}
