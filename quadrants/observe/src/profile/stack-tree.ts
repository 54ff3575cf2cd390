import { TripleTable } from './triple-table.ts'
import { Uint32Column } from './uint32-column.ts'

/** Some 25 MB; what lies beyond is looked up anew each time. */
const PLACES_MAX = 1 << 20

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
 * put into words once. A place is told by its parent, a number below 2^32 that the caller has for roots and this class
 * gives for the others, and by the two halves of an address.
 */
export class StackTree {
  readonly #places = new TripleTable()
  readonly #nodes = new Uint32Column()
  readonly #states = new Uint32Column()

  /** The place of an address below another, or -1. */
  find(parent: number, low: number, high: number): number {
    return this.#places.find(parent, low, high)
  }

  /** Keeps what an address below another is; only where it was not found. @returns its place, or -1 where it is full */
  add(parent: number, low: number, high: number, node: number, state: number): number {
    if (this.#places.length >= PLACES_MAX) return -1
    this.#nodes.push(node)
    this.#states.push(state)
    return this.#places.add(parent, low, high)
  }

  /** Its node in the window. */
  nodeOf(place: number): number {
    return this.#nodes.at(place)
  }

  stateOf(place: number): number {
    return this.#states.at(place)
  }
}
