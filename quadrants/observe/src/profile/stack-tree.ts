import type { Location } from './location.ts'
import { TripleTable } from './triple-table.ts'
import { Uint32Column } from './uint32-column.ts'

/** Some 7 MB; what lies beyond is looked up anew each time, until the tree is forgotten. */
const PLACES_MAX = 1 << 17

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

/** Bits of the numbers of places: roots, and the innermost frames, whose addresses are no return addresses. */
const ROOT = 1 << 30
const INNERMOST = 1 << 29

/** The number of a root: the caller tells roots apart by numbers below 2^29. */
export function rootOf(index: number): number {
  return ROOT + index
}

export function isRoot(place: number): boolean {
  return (place & ROOT) !== 0
}

/** What `find` and `add` take as the parent of the innermost frame. */
export function aboveInnermost(place: number): number {
  return place | INNERMOST
}

/**
 * Stacks as a tree of bare addresses, from the outermost call inwards: what two stacks have in common is put into words
 * once, also where they are of different windows. A place is told by its parent, which is a root or another place, and
 * by the two halves of an address, signed.
 */
export class StackTree {
  readonly #places = new TripleTable()
  readonly #states = new Uint32Column()
  readonly #locations: Location[] = []

  get length(): number {
    return this.#places.length
  }

  get isFull(): boolean {
    return this.#places.length >= PLACES_MAX
  }

  /** The place of an address below another, or -1. */
  find(parent: number, low: number, high: number): number {
    return this.#places.find(parent, low, high)
  }

  /** Keeps what an address below another is; only where it was not found. @returns its place, or -1 where it is full */
  add(parent: number, low: number, high: number, location: Location, state: number): number {
    if (this.isFull) return -1
    this.#locations.push(location)
    this.#states.push(state)
    return this.#places.add(parent, low, high)
  }

  parentOf(place: number): number {
    return this.#places.firstOf(place) & ~INNERMOST
  }

  locationOf(place: number): Location {
    return this.#locations[place]!
  }

  stateOf(place: number): number {
    return this.#states.at(place)
  }
}
