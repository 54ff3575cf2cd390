/** Records that are looked back upon. */
const WINDOW = 128

/** How late the newest records were. */
export class LatencyWindow {
  readonly #valuesUs = new Float64Array(WINDOW)
  #count = 0

  add(microseconds: number): void {
    this.#valuesUs[this.#count++ % WINDOW] = microseconds
  }

  /** Zeros before the first record. */
  summary(): { readonly median: number; readonly p99: number } {
    const values = this.#valuesUs.slice(0, Math.min(this.#count, WINDOW)).sort()
    const at = (share: number) => values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
    return { median: at(0.5), p99: at(0.99) }
  }
}
