/** A power of two. */
const PLACES = 256

/**
 * Ids of the processes that records named last, by pid and the two words of the start: most records are of a few
 * processes. What has no start is never kept, for it may mean another process with the same pid.
 */
export class RecentProcesses {
  readonly #pids = new Uint32Array(PLACES)
  readonly #lows = new Uint32Array(PLACES)
  readonly #highs = new Uint32Array(PLACES)
  readonly #ids = new Int32Array(PLACES)

  /** The id, or -1. */
  find(pid: number, low: number, high: number): number {
    const place = pid & (PLACES - 1)
    return this.#pids[place] === pid && this.#lows[place] === low && this.#highs[place] === high
      ? this.#ids[place]!
      : -1
  }

  add(pid: number, low: number, high: number, id: number): void {
    if (low === 0 && high === 0) return
    const place = pid & (PLACES - 1)
    this.#pids[place] = pid
    this.#lows[place] = low
    this.#highs[place] = high
    this.#ids[place] = id
  }

  clear(): void {
    this.#pids.fill(0)
  }
}
