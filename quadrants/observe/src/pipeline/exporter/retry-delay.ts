export interface RetryOptions {
  /** Default true. */
  readonly isEnabled: boolean
  /** First pause. Default 5 s. */
  readonly initialMs: number
  /** Longest pause. Default 30 s. */
  readonly maxMs: number
  /** How much longer each pause is than the one before. Default 1.5. */
  readonly multiplier: number
  /** Each pause is spread by this part of it, up and down. Default 0.5. */
  readonly randomization: number
  /** When a parcel is given up; 0 is never. Default 5 min in memory, never on disk. */
  readonly elapsedMaxMs: number
}

/** The backend's wish is followed up to here: a wrong clock in its answer must not stop us for a year. */
const WISH_MS_MAX = 3_600_000

/** Pauses between the attempts for one parcel: exponential, spread by chance, and never shorter than the backend asks. */
export class RetryDelay {
  readonly #options: RetryOptions
  readonly #random: () => number
  #baseMs: number

  constructor(options: RetryOptions, random: () => number) {
    this.#options = options
    this.#random = random
    this.#baseMs = options.initialMs
  }

  /** How long to wait now. */
  nextMs(wishMs = 0): number {
    const { multiplier, maxMs, randomization } = this.#options
    const spread = this.#baseMs * randomization
    const ms = this.#baseMs - spread + this.#random() * 2 * spread
    this.#baseMs = Math.min(this.#baseMs * multiplier, maxMs)
    return Math.max(Math.min(ms, maxMs), Math.min(wishMs, WISH_MS_MAX))
  }
}
