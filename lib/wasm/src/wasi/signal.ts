/** Tells that something may have changed, without saying what: who waits looks again. */
export class Signal {
  readonly #listeners = new Set<() => void>()

  /** Returns what ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  notify(): void {
    for (const listener of this.#listeners) listener()
  }
}
