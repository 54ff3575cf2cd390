/** How often something may happen on one connection in a minute: a bucket that fills again evenly. */
export class FloodGuard {
  readonly #perMinute: number
  #left: number
  #atMs: number

  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute
    this.#left = perMinute
    this.#atMs = nowMs
  }

  /** False: too often. */
  take(nowMs: number): boolean {
    const filled = ((nowMs - this.#atMs) / MINUTE_MS) * this.#perMinute
    this.#left = Math.min(this.#perMinute, this.#left + filled)
    this.#atMs = nowMs
    this.#left--
    return this.#left >= 0
  }
}

const MINUTE_MS = 60_000
