/** Slots in the order in which they were closed, up to a limit: those beyond it are found without it. */
export class ClosingSlots {
  readonly #slots: Uint32Array
  readonly #mask: number
  #head = 0
  #tail = 0

  /** @param limit A power of two. */
  constructor(limit: number) {
    this.#slots = new Uint32Array(limit)
    this.#mask = limit - 1
  }

  add(slot: number): void {
    if (this.#tail - this.#head > this.#mask) return
    this.#slots[this.#tail & this.#mask] = slot
    this.#tail++
  }

  /** The slot that was closed first, -1 when there is none. It may have been given away since. */
  first(): number {
    return this.#head === this.#tail ? -1 : this.#slots[this.#head & this.#mask]!
  }

  removeFirst(): void {
    this.#head++
  }
}
