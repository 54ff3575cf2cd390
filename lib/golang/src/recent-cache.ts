/** The values that were used last, as many as fit. */
export class RecentCache<V> {
  readonly #bytesMax: number
  readonly #bytesOf: (value: V) => number
  /** In order of use, the last used at the end. */
  readonly #values = new Map<number, V>()
  #bytes = 0
  #lastKey = -1

  /** @param bytesOf about how many bytes a value takes, its entry here included: always the same */
  constructor(bytesMax: number, bytesOf: (value: V) => number) {
    this.#bytesMax = bytesMax
    this.#bytesOf = bytesOf
  }

  /** What is held: at most what it was made for. */
  get byteLength(): number {
    return this.#bytes
  }

  get(key: number): V | undefined {
    const known = this.#values.get(key)
    if (known === undefined || key === this.#lastKey) return known
    this.#values.delete(key)
    this.#values.set(key, known)
    this.#lastKey = key
    return known
  }

  /** Keeps a value that `get` did not find, but for one that would take more than half of the bytes. */
  set(key: number, value: V): void {
    const bytes = this.#bytesOf(value)
    if (bytes > this.#bytesMax / 2) return
    this.#bytes += bytes
    while (this.#bytes > this.#bytesMax) {
      const [oldest, given] = this.#values.entries().next().value!
      this.#values.delete(oldest)
      this.#bytes -= this.#bytesOf(given)
    }
    this.#values.set(key, value)
    this.#lastKey = key
  }
}
