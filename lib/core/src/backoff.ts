export interface BackoffOptions {
  /** Default 50 ms: both processes of one host start together, and the first edge should be seen soon. */
  readonly firstMs?: number
  /** Default 2000 ms. */
  readonly maxMs?: number
  /** From 0 to below 1; default Math.random. */
  readonly random?: () => number
}

/** Growing pauses between attempts: doubled each time, capped, and between half and all of that by chance. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #ceilingMs: number

  constructor(options: BackoffOptions = {}) {
    this.#firstMs = options.firstMs ?? 50
    this.#maxMs = options.maxMs ?? 2000
    this.#random = options.random ?? Math.random
    this.#ceilingMs = this.#firstMs
  }

  /** How long to wait now. */
  nextMs(): number {
    const ms = this.#ceilingMs * (0.5 + this.#random() / 2)
    this.#ceilingMs = Math.min(this.#ceilingMs * 2, this.#maxMs)
    return ms
  }

  reset(): void {
    this.#ceilingMs = this.#firstMs
  }
}
