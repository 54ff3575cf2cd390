import type { RateLimitSpec } from '../config/rate-limit-spec.ts'

export type BucketSpec = Omit<RateLimitSpec, 'status'>

/** Tokens of one limit for one value of its keys. */
export interface LimitBucket {
  /** False: there is none. */
  take(): boolean
  /** Gives one back. */
  give(): void
}

/** Where buckets are kept, so that they outlive a change of everything else. */
export interface LimitStore {
  /**
   * @param id of the limit: the same one goes on counting
   * @param evicted is called where another value had to be forgotten, which can only let more through
   */
  bucketOf(id: string, key: string, spec: BucketSpec, evicted: () => void): LimitBucket
  /** Those of other limits are forgotten. */
  keepOnly(ids: ReadonlySet<string>): void
}
