/** How often the kernel's buffers are emptied, in milliseconds. */
export const POLL_MS = { min: 20, max: 100 } as const

/** A poll that took longer than this had much to do. */
const BUSY_POLL_MS = 2

const SECOND_MS = 1000

/** When to poll and when to tick: polls come faster while they find work, ticks on whole seconds of the wall clock. */
export class Rhythm {
  #pollMs: number = POLL_MS.max
  #nextTickMs: number

  constructor(nowMs: number) {
    this.#nextTickMs = nextSecond(nowMs)
  }

  get pollMs(): number {
    return this.#pollMs
  }

  polled(tookMs: number): void {
    this.#pollMs =
      tookMs > BUSY_POLL_MS
        ? Math.max(POLL_MS.min, this.#pollMs / 2)
        : Math.min(POLL_MS.max, this.#pollMs * 1.25)
  }

  /** Whether a second has ended; says so once for each, and once for any number that were slept through. */
  isTickDue(nowMs: number): boolean {
    // The clock was set back by more than the wait: begin again from where it is.
    if (this.#nextTickMs - nowMs > SECOND_MS) this.#nextTickMs = nextSecond(nowMs)
    if (nowMs < this.#nextTickMs) return false
    this.#nextTickMs = nextSecond(nowMs)
    return true
  }

  /** How long to sleep now. */
  waitMs(nowMs: number): number {
    return Math.max(1, Math.min(this.#pollMs, Math.ceil(this.#nextTickMs - nowMs)))
  }
}

function nextSecond(nowMs: number): number {
  return (Math.floor(nowMs / SECOND_MS) + 1) * SECOND_MS
}
