import { setTimeout as sleep } from 'node:timers/promises'

/** Tells those who watch that something has changed, and not more often than they want to know. */
export class Changes {
  #count = 0
  #waiting: (() => void)[] = []

  notify(): void {
    this.#count++
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Once at the beginning, then after changes, at least so many milliseconds apart, until the signal. */
  async *watch(intervalMs: number, signal: AbortSignal): AsyncGenerator<void> {
    let seen = -1
    while (!signal.aborted) {
      if (seen === this.#count) await this.#change(signal)
      if (signal.aborted) return
      seen = this.#count
      yield
      await sleep(intervalMs, undefined, { signal }).catch(() => {})
    }
  }

  async #change(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        signal.removeEventListener('abort', end)
        resolve()
      }
      this.#waiting.push(end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}
