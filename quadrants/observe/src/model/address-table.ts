import { Family } from '../kernel/record.ts'
import { HashChains } from './hash-chains.ts'
import { hashEnd } from './hash.ts'

/** Gives each distinct address a small id, up to a limit. */
export class AddressTable {
  readonly limit: number
  readonly #words: Uint32Array
  readonly #bytes: Uint8Array
  readonly #families: Uint8Array
  readonly #used: Uint8Array
  readonly #chains: HashChains
  readonly #free: number[] = []
  #highWater = 0
  #count = 0

  /** @param limit Most addresses held at once. */
  constructor(limit: number) {
    this.limit = limit
    this.#words = new Uint32Array(limit * 4)
    this.#bytes = new Uint8Array(this.#words.buffer)
    this.#families = new Uint8Array(limit)
    this.#chains = new HashChains(limit)
    this.#used = new Uint8Array(limit)
  }

  /** Addresses held. */
  get count(): number {
    return this.#count
  }

  /** One more than the largest id in use. */
  get highWater(): number {
    return this.#highWater
  }

  /** The id of the four words at `at`, or -1 when it is new and the table is full. */
  intern(family: number, words: Uint32Array, at: number): number {
    const hash = hashEnd(words, at, family)
    const { next } = this.#chains
    for (let id = this.#chains.first(hash); id !== -1; id = next[id]!)
      if (this.#equals(id, family, words, at)) return id
    const id = this.#free.pop() ?? (this.#highWater < this.limit ? this.#highWater++ : -1)
    if (id === -1) return -1
    for (let i = 0; i < 4; i++) this.#words[id * 4 + i] = words[at + i]!
    this.#families[id] = family
    this.#chains.add(hash, id)
    this.#used[id] = 1
    this.#count++
    return id
  }

  /** 4 or 16 bytes, network order. */
  bytes(id: number): Uint8Array {
    // A small array of its own: V8 keeps it on its heap, a slice of the buffer it would not.
    const bytes = new Uint8Array(this.#families[id] === Family.inet ? 4 : 16)
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#bytes[id * 16 + i]!
    return bytes
  }

  /** Gives up each id that `keep` does not want. */
  retain(keep: (id: number) => boolean): void {
    for (let id = 0; id < this.#highWater; id++) {
      if (this.#used[id] === 0 || keep(id)) continue
      this.#chains.remove(hashEnd(this.#words, id * 4, this.#families[id]!), id)
      this.#used[id] = 0
      this.#free.push(id)
      this.#count--
    }
  }

  clear(): void {
    this.#chains.clear()
    this.#used.fill(0, 0, this.#highWater)
    this.#free.length = 0
    this.#highWater = 0
    this.#count = 0
  }

  #equals(id: number, family: number, words: Uint32Array, at: number): boolean {
    const mine = id * 4
    return (
      this.#families[id] === family &&
      this.#words[mine] === words[at] &&
      this.#words[mine + 1] === words[at + 1] &&
      this.#words[mine + 2] === words[at + 2] &&
      this.#words[mine + 3] === words[at + 3]
    )
  }
}
