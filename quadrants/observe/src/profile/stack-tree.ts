/** Some 25 MB; what lies beyond is looked up anew each time. */
const NODES_MAX = 1 << 20

/** What is known of a stack from its outermost call to here, as bits. */
export const STACK_STATE = {
  /** Its outermost frame is there. */
  whole: 1,
  go: 2,
  /** A frame of Go's collector. */
  collector: 4,
  /** A frame in Go that is not of its runtime. */
  program: 8,
} as const

/**
 * The stacks of a window as a tree of bare addresses, from the outermost call inwards: what two stacks have in common is
 * put into words once. A hash table over columns, as each frame of each sample is looked up here.
 *
 * A place is told by its parent, a number below 2^32 that the caller has for roots and this class gives for the others,
 * and by the two halves of an address.
 */
export class StackTree {
  #slots = new Int32Array(1 << 12).fill(-1)
  #count = 0
  #parents = new Uint32Array(1 << 11)
  #lows = new Uint32Array(1 << 11)
  #highs = new Uint32Array(1 << 11)
  #nodes = new Uint32Array(1 << 11)
  #states = new Uint8Array(1 << 11)

  /** The place of an address below another, or -1. */
  find(parent: number, low: number, high: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash(parent, low, high) & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!
      if (id === -1) return -1
      if (this.#lows[id] === low && this.#parents[id] === parent && this.#highs[id] === high) return id
    }
  }

  /** Keeps what an address below another is; only where it was not found. @returns its place, or -1 where it is full */
  add(parent: number, low: number, high: number, node: number, state: number): number {
    const id = this.#count
    if (id >= NODES_MAX) return -1
    if (id === this.#parents.length) this.#grow()
    this.#parents[id] = parent
    this.#lows[id] = low
    this.#highs[id] = high
    this.#nodes[id] = node
    this.#states[id] = state
    this.#count++
    this.#insert(id)
    return id
  }

  /** Its node in the window. */
  nodeOf(id: number): number {
    return this.#nodes[id]!
  }

  stateOf(id: number): number {
    return this.#states[id]!
  }

  #insert(id: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash(this.#parents[id]!, this.#lows[id]!, this.#highs[id]!) & mask
    while (slots[slot] !== -1) slot = (slot + 1) & mask
    slots[slot] = id
  }

  #grow(): void {
    const length = this.#parents.length * 2
    this.#parents = grown(this.#parents, new Uint32Array(length))
    this.#lows = grown(this.#lows, new Uint32Array(length))
    this.#highs = grown(this.#highs, new Uint32Array(length))
    this.#nodes = grown(this.#nodes, new Uint32Array(length))
    this.#states = grown(this.#states, new Uint8Array(length))
    this.#slots = new Int32Array(length * 2).fill(-1)
    for (let id = 0; id < this.#count; id++) this.#insert(id)
  }
}

function grown<T extends Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** Addresses and places count upwards: multiplications and shifts (Murmur3's) spread them. */
function hash(parent: number, low: number, high: number): number {
  let mixed = Math.imul(parent ^ (parent >>> 16), 0x85ebca6b) ^ low
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) ^ high
  return (mixed ^ (mixed >>> 16)) >>> 0
}
