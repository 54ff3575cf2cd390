/** A filter that waits for longer than that waits. */
const WAIT_MS_MAX = 3_600_000

/** Time that stands still until somebody moves it on. */
export class ManualClock {
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  #nowMs: number

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Calls back when it has come so far; what it returns ends that. */
  later(afterMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, afterMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** When the next timer is due; undefined where there is none. */
  get nextMs(): number | undefined {
    let next: number | undefined
    for (const { atMs } of this.#timers) if (next === undefined || atMs < next) next = atMs
    return next
  }

  /** Moves on to that time, and calls what is due by then, in order. */
  advanceTo(timeMs: number): void {
    for (let next = this.nextMs; next !== undefined && next <= timeMs; next = this.nextMs) {
      this.#nowMs = Math.max(this.#nowMs, next)
      const due = [...this.#timers].find(({ atMs }) => atMs === next)
      if (due === undefined) break
      this.#timers.delete(due)
      due.callback()
    }
    this.#nowMs = Math.max(this.#nowMs, timeMs)
  }

  /** Moves on from timer to timer, until that is so, there is none, or the next is too far away. */
  advanceUntil(isDone: () => boolean): void {
    const endMs = this.#nowMs + WAIT_MS_MAX
    for (let next = this.nextMs; !isDone() && next !== undefined && next <= endMs; next = this.nextMs)
      this.advanceTo(next)
  }
}
