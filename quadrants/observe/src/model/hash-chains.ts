import { hashSize } from './hash.ts'

/** Small numbers found by a hash: a chain of them a bucket. Numbers that hash alike are told apart by who looks. */
export class HashChains {
  /** The number behind each one in its chain, -1 at the end. */
  readonly next: Int32Array
  readonly #heads: Int32Array
  readonly #mask: number

  /** @param capacity Numbers are below this. */
  constructor(capacity: number) {
    const size = hashSize(capacity)
    this.#mask = size - 1
    this.#heads = new Int32Array(size).fill(-1)
    this.next = new Int32Array(capacity)
  }

  /** The first of a hash's chain, or -1; {@link HashChains.next} leads to the others. */
  first(hash: number): number {
    return this.#heads[hash & this.#mask]!
  }

  add(hash: number, id: number): void {
    const bucket = hash & this.#mask
    this.next[id] = this.#heads[bucket]!
    this.#heads[bucket] = id
  }

  /** Takes one out. Returns whether it was there. */
  remove(hash: number, id: number): boolean {
    const { next } = this
    const bucket = hash & this.#mask
    let before = -1
    let at = this.#heads[bucket]!
    while (at !== -1 && at !== id) {
      before = at
      at = next[at]!
    }
    if (at === -1) return false
    if (before === -1) this.#heads[bucket] = next[id]!
    else next[before] = next[id]!
    return true
  }

  clear(): void {
    this.#heads.fill(-1)
  }
}
