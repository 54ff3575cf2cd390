/**
 * Numbers below 2^32 by three at a time, each triple with an index of its own from 0 on. A hash table over columns: each
 * frame of each sample is looked up in one, without an object for it.
 */
export class TripleTable {
  #slots = new Int32Array(1 << 11).fill(-1)
  #length = 0
  #first = new Uint32Array(1 << 10)
  #second = new Uint32Array(1 << 10)
  #third = new Uint32Array(1 << 10)

  get length(): number {
    return this.#length
  }

  /** The index of a triple, or -1. */
  find(first: number, second: number, third: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hash(first, second, third) & mask; ; slot = (slot + 1) & mask) {
      const index = slots[slot]!
      if (index === -1) return -1
      if (this.#first[index] === first && this.#second[index] === second && this.#third[index] === third)
        return index
    }
  }

  /** Adds a triple that is not there yet. @returns its index */
  add(first: number, second: number, third: number): number {
    const index = this.#length
    if (index === this.#first.length) this.#grow()
    this.#first[index] = first
    this.#second[index] = second
    this.#third[index] = third
    this.#length++
    this.#insert(index)
    return index
  }

  firstOf(index: number): number {
    return this.#first[index]!
  }

  firstColumn(): Uint32Array {
    return this.#first.slice(0, this.#length)
  }

  secondColumn(): Uint32Array {
    return this.#second.slice(0, this.#length)
  }

  #insert(index: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash(this.#first[index]!, this.#second[index]!, this.#third[index]!) & mask
    while (slots[slot] !== -1) slot = (slot + 1) & mask
    slots[slot] = index
  }

  #grow(): void {
    const length = this.#first.length * 2
    this.#first = grown(this.#first, length)
    this.#second = grown(this.#second, length)
    this.#third = grown(this.#third, length)
    this.#slots = new Int32Array(length * 2).fill(-1)
    for (let index = 0; index < this.#length; index++) this.#insert(index)
  }
}

function grown(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length)
  larger.set(column)
  return larger
}

/** Indices and addresses count upwards: multiplications and shifts (Murmur3's) spread them. */
function hash(first: number, second: number, third: number): number {
  let mixed = Math.imul(first ^ (first >>> 16), 0x85ebca6b) ^ second
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) ^ third
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
