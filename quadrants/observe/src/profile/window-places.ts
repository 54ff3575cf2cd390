import { isRoot, type StackTree } from './stack-tree.ts'
import type { WindowBuilder } from './window-builder.ts'

/** The nodes that the places of a tree have in one window: each place that is sampled in it is entered once. */
export class WindowPlaces {
  readonly #tree: StackTree
  readonly #window: WindowBuilder
  /** By place: 1 + its node; 0 where it has none yet. */
  #nodes: Uint32Array
  /** Places on the way to one that has a node. */
  readonly #path: number[] = []

  constructor(tree: StackTree, window: WindowBuilder) {
    this.#tree = tree
    this.#window = window
    this.#nodes = new Uint32Array(roomFor(tree.length))
  }

  /** The node of a place or of a root; -1 where the window has no room. */
  nodeOf(place: number): number {
    if (this.#tree.length > this.#nodes.length) this.#grow()
    const nodes = this.#nodes
    const path = this.#path
    path.length = 0
    let at = place
    while (!isRoot(at) && nodes[at] === 0) {
      path.push(at)
      at = this.#tree.parentOf(at)
    }
    let node = isRoot(at) ? 0 : nodes[at]! - 1
    for (let index = path.length - 1; index >= 0; index--) {
      node = this.#window.enter(node, this.#tree.locationOf(path[index]!).frames)
      if (node === -1) return -1
      nodes[path[index]!] = node + 1
    }
    return node
  }

  #grow(): void {
    const nodes = new Uint32Array(roomFor(this.#tree.length))
    nodes.set(this.#nodes)
    this.#nodes = nodes
  }
}

function roomFor(places: number): number {
  return Math.max(1 << 12, 2 ** Math.ceil(Math.log2(places + 1)))
}
