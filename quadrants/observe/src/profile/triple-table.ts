/**
 * Whole numbers of 32 bits by three at a time, each triple with an index of its own from 0 on. A hash table over columns:
 * each frame of each sample is looked up in one, without an object for it. Signed, since V8 makes an object of each
 * number from 2^31 on that it has not compiled away; numbers that are the same without a sign are the same here.
 */
export class TripleTable {
  #slots = new Int32Array(1 << 11).fill(-1)
  #length = 0
  #first = new Int32Array(1 << 10)
  #second = new Int32Array(1 << 10)
  #third = new Int32Array(1 << 10)

  get length(): number {
    return this.#length
  }

  /** The index of a triple, or -1. */
  find(first: number, second: number, third: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const a = first | 0
    const b = second | 0
    const c = third | 0
    for (let slot = hash(a, b, c) & mask; ; slot = (slot + 1) & mask) {
      const index = slots[slot]!
      if (index === -1) return -1
      if (this.#first[index] === a && this.#second[index] === b && this.#third[index] === c) return index
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
    return new Uint32Array(this.#first.subarray(0, this.#length))
  }

  secondColumn(): Uint32Array {
    return new Uint32Array(this.#second.subarray(0, this.#length))
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

function grown(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
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
