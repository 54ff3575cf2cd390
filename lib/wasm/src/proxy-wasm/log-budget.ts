import type { FilterLimits, FilterRefusals } from './limits.ts'

/** What a filter may log: so many lines in each second, each no longer than that. What is over is counted. */
export class LogBudget {
  readonly #limits: FilterLimits
  readonly #refused: FilterRefusals
  #second = -1
  #lines = 0

  constructor(limits: FilterLimits, refused: FilterRefusals) {
    this.#limits = limits
    this.#refused = refused
  }

  take(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#lines = 0
    }
    if (this.#lines >= this.#limits.logLinesPerSecondMax) {
      this.#refused.logLines++
      return false
    }
    this.#lines++
    return true
  }

  lineBytes(length: number): number {
    return Math.min(length, this.#limits.logLineBytesMax)
  }
}
