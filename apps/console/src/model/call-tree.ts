import { lengthen } from './gather.ts'
import type { ProfileFunction } from './stack-profile.ts'

/** Who called whom, with the samples of each. Columns; each node after its parent. */
export interface CallTree {
  readonly functions: readonly ProfileFunction[]
  /** -1 at a root. */
  readonly parent: Int32Array
  /** Index in `functions`. */
  readonly func: Int32Array
  readonly inlined: Uint8Array
  /** Of the most samples; 0 where it is not known. */
  readonly line: Uint32Array
  /** Samples in the function itself, and with all that it called. */
  readonly self: Float64Array
  readonly total: Float64Array
  /** All samples. */
  readonly weight: number
  /** Where A is compared with B: samples of both, self and total. `self` and `total` are then sums of shares. */
  readonly compared?: ComparedWeights
}

export interface ComparedWeights {
  readonly selfA: Float64Array
  readonly selfB: Float64Array
  readonly totalA: Float64Array
  readonly totalB: Float64Array
  readonly weightA: number
  readonly weightB: number
}

const CAPACITY = 1024

/** Grows a tree: a child of a node is found by its function, or made. */
export class CallTreeBuilder {
  #count = 0
  #parent = new Int32Array(CAPACITY)
  #func = new Int32Array(CAPACITY)
  #inlined = new Uint8Array(CAPACITY)
  #line = new Uint32Array(CAPACITY)
  #lineWeight = new Float64Array(CAPACITY)
  #self = new Float64Array(CAPACITY)
  /** Open addressing: 1 + index of a node, at most half full. */
  #table = new Int32Array(CAPACITY * 4)

  get count(): number {
    return this.#count
  }

  /** @param parent -1 for a root */
  child(parent: number, func: number, inlined: number): number {
    if (this.#count === this.#parent.length) this.#grow()
    const mask = this.#table.length - 1
    let slot = hash(parent, func, inlined) & mask
    for (let entry = this.#table[slot]!; entry !== 0; entry = this.#table[slot]!) {
      const node = entry - 1
      if (this.#parent[node] === parent && this.#func[node] === func && this.#inlined[node] === inlined)
        return node
      slot = (slot + 1) & mask
    }
    const node = this.#count++
    this.#table[slot] = node + 1
    this.#parent[node] = parent
    this.#func[node] = func
    this.#inlined[node] = inlined
    return node
  }

  addSelf(node: number, weight: number): void {
    this.#self[node]! += weight
  }

  /** Keeps the line that has the most weight. */
  offerLine(node: number, line: number, weight: number): void {
    if (weight <= this.#lineWeight[node]!) return
    this.#lineWeight[node] = weight
    this.#line[node] = line
  }

  build(functions: readonly ProfileFunction[]): CallTree {
    const count = this.#count
    const parent = this.#parent.slice(0, count)
    const self = this.#self.slice(0, count)
    const total = sumUp(parent, self)
    let weight = 0
    for (const value of self) weight += value
    return {
      functions,
      parent,
      func: this.#func.slice(0, count),
      inlined: this.#inlined.slice(0, count),
      line: this.#line.slice(0, count),
      self,
      total,
      weight,
    }
  }

  #grow() {
    const length = this.#parent.length * 2
    this.#parent = lengthen(this.#parent, length)
    this.#func = lengthen(this.#func, length)
    this.#inlined = lengthen(this.#inlined, length)
    this.#line = lengthen(this.#line, length)
    this.#lineWeight = lengthen(this.#lineWeight, length)
    this.#self = lengthen(this.#self, length)
    this.#table = new Int32Array(length * 4)
    const mask = this.#table.length - 1
    for (let node = 0; node < this.#count; node++) {
      let slot = hash(this.#parent[node]!, this.#func[node]!, this.#inlined[node]!) & mask
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask
      this.#table[slot] = node + 1
    }
  }
}

/** Each node with all below it: children come after their parents, so one pass from behind is enough. */
export function sumUp(parent: Int32Array, self: Float64Array): Float64Array {
  const total = Float64Array.from(self)
  for (let node = parent.length - 1; node >= 0; node--)
    if (parent[node]! >= 0) total[parent[node]!]! += total[node]!
  return total
}

function hash(parent: number, func: number, inlined: number): number {
  let value = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(func * 2 + inlined + 1, 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return (value ^ (value >>> 13)) >>> 0
}
