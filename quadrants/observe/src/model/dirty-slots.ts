import { SocketFlag } from './socket-columns.ts'

/** Slots with news, each once; {@link SocketFlag.dirty} says of a slot that it is among them. */
export class DirtySlots {
  readonly #flags: Uint32Array
  /** Where each slot lies. */
  readonly #places: Uint32Array
  #slots: Uint32Array
  #spare: Uint32Array
  #count = 0

  /** @param flags Of all slots, as in the socket columns. */
  constructor(flags: Uint32Array) {
    this.#flags = flags
    this.#places = new Uint32Array(flags.length)
    this.#slots = new Uint32Array(flags.length)
    this.#spare = new Uint32Array(flags.length)
  }

  get count(): number {
    return this.#count
  }

  at(index: number): number {
    return this.#slots[index]!
  }

  add(slot: number): void {
    if ((this.#flags[slot]! & SocketFlag.dirty) !== 0) return
    this.#flags[slot]! |= SocketFlag.dirty
    this.#places[slot] = this.#count
    this.#slots[this.#count++] = slot
  }

  /** Takes one out, which must be among them. */
  remove(slot: number): void {
    this.#flags[slot]! &= ~SocketFlag.dirty
    const place = this.#places[slot]!
    const last = this.#slots[--this.#count]!
    this.#slots[place] = last
    this.#places[last] = place
  }

  /**
   * All of them; those added from now on are the next. The array is used again by the call after this, and the slots
   * keep their flag until the caller takes it away.
   */
  takeAll(): { slots: Uint32Array; count: number } {
    const taken = { slots: this.#slots, count: this.#count }
    this.#slots = this.#spare
    this.#spare = taken.slots
    this.#count = 0
    return taken
  }
}
