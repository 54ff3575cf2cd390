import type { RateLimitSpec } from '../config/rate-limit-spec.ts'

/** Lets through what a rate limit allows. Tokens come all at once at the end of each interval, as Envoy has them. */
export class TokenBucket {
  readonly #spec: Omit<RateLimitSpec, 'status'>
  #tokens: number
  #filledMs: number
  /** What there was no token for. */
  refusedCount = 0

  constructor(spec: Omit<RateLimitSpec, 'status'>, nowMs: number) {
    this.#spec = spec
    this.#tokens = spec.burst
    this.#filledMs = nowMs
  }

  take(nowMs: number): boolean {
    const { intervalMs, perInterval, burst } = this.#spec
    const intervals = Math.floor((nowMs - this.#filledMs) / intervalMs)
    if (intervals > 0) {
      this.#tokens = Math.min(burst, this.#tokens + intervals * perInterval)
      this.#filledMs += intervals * intervalMs
    }
    if (this.#tokens < 1) {
      this.refusedCount++
      return false
    }
    this.#tokens--
    return true
  }

  /** Gives one back that was taken for nothing. */
  give(): void {
    this.#tokens = Math.min(this.#spec.burst, this.#tokens + 1)
  }
}
