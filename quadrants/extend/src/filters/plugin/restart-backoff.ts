import type { RestartPolicy } from './plugin-spec.ts'

/** A part of the time by which it is made longer or shorter, so that not all filters come back at once. */
const JITTER = 0.2

/** How long to wait before the next instance. */
export class RestartBackoff {
  readonly #policy: RestartPolicy
  readonly #random: () => number
  #crashesInRow = 0
  #lastCrashMs = -Infinity

  constructor(policy: RestartPolicy, random: () => number) {
    this.#policy = policy
    this.#random = random
  }

  /** Milliseconds to wait after a crash, 0 for the first. */
  crashed(nowMs: number): number {
    if (nowMs - this.#lastCrashMs > this.#policy.soundAfterMs) this.#crashesInRow = 0
    this.#lastCrashMs = nowMs
    this.#crashesInRow++
    if (this.#crashesInRow === 1) return 0
    const backoffMs = Math.min(
      this.#policy.backoffMsMin * 2 ** Math.min(30, this.#crashesInRow - 2),
      this.#policy.backoffMsMax,
    )
    return backoffMs * (1 - JITTER + 2 * JITTER * this.#random())
  }
}
