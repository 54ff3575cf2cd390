/** Rows that came late are asked for again after a break: this much before the newest that was seen. */
const OVERLAP_NS = 10e9
/** Rows remembered to leave out those that a repeated request gives twice. */
const SEEN_MAX = 100_000

/** Tells rows that an answer repeats after a break from new ones. */
export class RepeatedRows {
  readonly #seen = new Set<string>()
  #newestNs = 0
  /** Rows up to this time may come twice: they were asked for again. */
  #repeatedUpToNs = 0

  /** @param key of all that makes a row the same row */
  isNew(key: string, timeNs: number): boolean {
    // Two rows of one microsecond may look alike; only after a break does that mean the same row again.
    if (timeNs <= this.#repeatedUpToNs && this.#seen.has(key)) return false
    this.#seen.add(key)
    if (this.#seen.size > SEEN_MAX) for (const oldest of this.#seen) if (this.#seen.delete(oldest)) break
    this.#newestNs = Math.max(this.#newestNs, timeNs)
    return true
  }

  /** From where to ask again, and not before `firstNs`. */
  startAgain(firstNs: number): number {
    this.#repeatedUpToNs = this.#newestNs
    return this.#newestNs > 0 ? Math.max(firstNs, this.#newestNs - OVERLAP_NS) : firstNs
  }
}
