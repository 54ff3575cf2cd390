/** Places of the table for each node, at least: probing stays short. */
const PLACES_PER_NODE = 2

/**
 * Different nodes of stacks, in the order in which they came. A table of numbers with open addressing: a profile looks
 * up a million nodes, and a Map would make an object of each pair.
 */
export class NodeIndex {
  readonly frames: number[] = []
  /** 1 + index of the parent; 0 at a root. */
  readonly parents: number[] = []
  /** 1 + index of a node; 0 where there is none. */
  #places = new Uint32Array(1024)

  get size(): number {
    return this.frames.length
  }

  /** 1 + index of the node of a frame that is called by a parent. */
  add(frame: number, parent: number): number {
    const mask = this.#places.length - 1
    let place = hash(frame, parent) & mask
    for (let node = this.#places[place]!; node !== 0; node = this.#places[place]!) {
      if (this.frames[node - 1] === frame && this.parents[node - 1] === parent) return node
      place = (place + 1) & mask
    }
    this.parents.push(parent)
    const node = this.frames.push(frame)
    this.#places[place] = node
    if (node * PLACES_PER_NODE > this.#places.length) this.#grow()
    return node
  }

  #grow(): void {
    const places = new Uint32Array(this.#places.length * 2)
    const mask = places.length - 1
    for (let i = 0; i < this.frames.length; i++) {
      let place = hash(this.frames[i]!, this.parents[i]!) & mask
      while (places[place] !== 0) place = (place + 1) & mask
      places[place] = i + 1
    }
    this.#places = places
  }
}

/** Multiplicative; its high bits are the mixed ones (Knuth, The Art of Computer Programming, 6.4). */
function hash(frame: number, parent: number): number {
  const mixed = Math.imul(Math.imul(parent, 0x9e37_79b1) ^ frame, 0x85eb_ca6b)
  return mixed ^ (mixed >>> 15)
}
