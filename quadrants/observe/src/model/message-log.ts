import { SOCK_WORDS } from '../kernel/record.ts'

/** Copies of the send and receive records since the last tick, up to a limit. */
export class MessageLog {
  readonly words: Uint32Array
  readonly #limit: number
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
    this.words = new Uint32Array(limit * SOCK_WORDS)
  }

  get count(): number {
    return this.#count
  }

  /** False when there is no room. */
  add(words: Uint32Array, at: number): boolean {
    if (this.#count >= this.#limit) return false
    const to = this.#count++ * SOCK_WORDS
    for (let i = 0; i < SOCK_WORDS; i++) this.words[to + i] = words[at + i]!
    return true
  }

  clear(): void {
    this.#count = 0
  }
}
