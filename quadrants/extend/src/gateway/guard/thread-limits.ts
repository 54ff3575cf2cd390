import { TokenBucket } from '../cluster/token-bucket.ts'
import type { BucketSpec, LimitBucket, LimitStore } from './limit-store.ts'

/** Values of keys that are counted at one time, of one limit. */
export const LIMIT_KEYS_MAX = 65_536

/** Limits of one thread by itself. Of the values of a key the one that was asked for longest ago is forgotten. */
export class ThreadLimits implements LimitStore {
  readonly #nowMs: () => number
  readonly #keysMax: number
  readonly #limits = new Map<string, Map<string, ThreadBucket>>()

  constructor(nowMs: () => number, keysMax = LIMIT_KEYS_MAX) {
    this.#nowMs = nowMs
    this.#keysMax = keysMax
  }

  bucketOf(id: string, key: string, spec: BucketSpec, evicted: () => void): LimitBucket {
    const buckets = this.#limits.getOrInsertComputed(id, () => new Map())
    const known = buckets.get(key)
    if (known !== undefined) {
      // Near the limit the order says who was asked for last.
      if (buckets.size >= this.#keysMax / 2) {
        buckets.delete(key)
        buckets.set(key, known)
      }
      return known
    }
    if (buckets.size >= this.#keysMax) {
      const [oldest] = buckets.keys()
      buckets.delete(oldest!)
      evicted()
    }
    const bucket = new ThreadBucket(new TokenBucket(spec, this.#nowMs()), this.#nowMs)
    buckets.set(key, bucket)
    return bucket
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#limits.keys()) if (!ids.has(id)) this.#limits.delete(id)
  }
}

class ThreadBucket implements LimitBucket {
  readonly #bucket: TokenBucket
  readonly #nowMs: () => number

  constructor(bucket: TokenBucket, nowMs: () => number) {
    this.#bucket = bucket
    this.#nowMs = nowMs
  }

  take(): boolean {
    return this.#bucket.take(this.#nowMs())
  }

  give(): void {
    this.#bucket.give()
  }
}
