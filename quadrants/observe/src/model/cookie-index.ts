import type { SocketColumns } from './socket-columns.ts'
import { hashSize, mix32 } from './hash.ts'

/**
 * Finds a socket's slot by its cookie: open addressing with linear probing over slot numbers. Removal
 * shifts the entries behind it back, so that there are no tombstones and look-ups stay short.
 */
export class CookieIndex {
  readonly #columns: SocketColumns
  readonly #mask: number
  /** Slot + 1; 0 is free. */
  readonly #cells: Uint32Array

  constructor(columns: SocketColumns) {
    this.#columns = columns
    const size = hashSize(columns.capacity)
    this.#mask = size - 1
    this.#cells = new Uint32Array(size)
  }

  /** The slot, or -1. `discriminator` is 0 for a socket, else a hash of the remote end of a UDP peer. */
  find(cookieLow: number, cookieHigh: number, discriminator: number): number {
    const { cookieLow: lows, cookieHigh: highs, discriminator: discriminators } = this.#columns
    let cell = hash(cookieLow, cookieHigh, discriminator) & this.#mask
    for (;;) {
      const slot = this.#cells[cell]! - 1
      if (slot === -1) return -1
      if (lows[slot] === cookieLow && highs[slot] === cookieHigh && discriminators[slot] === discriminator)
        return slot
      cell = (cell + 1) & this.#mask
    }
  }

  add(slot: number): void {
    let cell = this.#home(slot)
    while (this.#cells[cell] !== 0) cell = (cell + 1) & this.#mask
    this.#cells[cell] = slot + 1
  }

  remove(slot: number): void {
    let hole = this.#home(slot)
    while (this.#cells[hole] !== slot + 1) {
      if (this.#cells[hole] === 0) return
      hole = (hole + 1) & this.#mask
    }
    let cell = hole
    for (;;) {
      cell = (cell + 1) & this.#mask
      const next = this.#cells[cell]!
      if (next === 0) break
      // An entry may move into the hole unless its home lies behind the hole.
      const home = this.#home(next - 1)
      if (((cell - home) & this.#mask) >= ((cell - hole) & this.#mask)) {
        this.#cells[hole] = next
        hole = cell
      }
    }
    this.#cells[hole] = 0
  }

  #home(slot: number): number {
    const { cookieLow, cookieHigh, discriminator } = this.#columns
    return hash(cookieLow[slot]!, cookieHigh[slot]!, discriminator[slot]!) & this.#mask
  }
}

/** Cookies count up: sixteen neighbours, which live at one time, lie in one line of the processor's cache. */
function hash(cookieLow: number, cookieHigh: number, discriminator: number): number {
  const group = mix32((cookieLow >>> 4) ^ Math.imul(cookieHigh, 0x9e3779b1) ^ discriminator)
  return (group << 4) | (cookieLow & 15)
}
