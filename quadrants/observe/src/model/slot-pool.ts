/** Which slots are free: the one given back last is used first, so that few of them are used at all. */
export class SlotPool {
  readonly capacity: number
  readonly #free: Int32Array
  #freeCount = 0
  #highWater = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#free = new Int32Array(capacity)
  }

  /** Slots in use. */
  get count(): number {
    return this.#highWater - this.#freeCount
  }

  /** One more than the largest slot ever used. */
  get highWater(): number {
    return this.#highWater
  }

  /** A slot, or -1 when all are in use. */
  take(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!
    return this.#highWater < this.capacity ? this.#highWater++ : -1
  }

  give(slot: number): void {
    this.#free[this.#freeCount++] = slot
  }
}
