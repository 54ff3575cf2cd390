/**
 * The values that were used last, as many as fit. They are of two ages: what is used again of the older becomes one of
 * the newer, and when these have half of the bytes, the older are given up. So a use that finds something costs one
 * look-up, and nothing is moved but once an age.
 */
export class RecentCache<V> {
  readonly #halfBytesMax: number
  readonly #bytesOf: (value: V) => number
  #now = new Map<number, V>()
  #before = new Map<number, V>()
  #nowBytes = 0
  #beforeBytes = 0

  /** @param bytesOf about how many bytes a value takes, its entry here included: always the same */
  constructor(bytesMax: number, bytesOf: (value: V) => number) {
    this.#halfBytesMax = bytesMax / 2
    this.#bytesOf = bytesOf
  }

  /** What is held: at most what it was made for. */
  get byteLength(): number {
    return this.#nowBytes + this.#beforeBytes
  }

  get(key: number): V | undefined {
    const known = this.#now.get(key)
    if (known !== undefined) return known
    const older = this.#before.get(key)
    if (older === undefined) return undefined
    this.#before.delete(key)
    this.#beforeBytes -= this.#bytesOf(older)
    this.set(key, older)
    return older
  }

  /** Keeps a value that `get` did not find, but for one that would take more than half of the bytes. */
  set(key: number, value: V): void {
    const bytes = this.#bytesOf(value)
    if (bytes > this.#halfBytesMax) return
    if (this.#nowBytes + bytes > this.#halfBytesMax) {
      this.#before = this.#now
      this.#beforeBytes = this.#nowBytes
      this.#now = new Map()
      this.#nowBytes = 0
    }
    this.#now.set(key, value)
    this.#nowBytes += bytes
  }
}
