import { type Location, unknownLocation } from './location.ts'
import type { ProcessImage } from './process-image.ts'
import { kernelAddressAt, STACK, USER_FRAMES_MAX, wordAt } from './stack-record.ts'
import { STACK_STATE, StackTree } from './stack-tree.ts'
import type { Symbolizer } from './symbolizer.ts'
import type { WindowBuilder } from './window-builder.ts'

const { whole, go, collector, program } = STACK_STATE

/** A program has four roots: by what its stack ends with, beyond the frames that are told. */
const END = { caller: 0, nothing: 1, noCode: 2, cutOff: 3 } as const
/** Bits of the numbers of places in the tree: roots, and the innermost frames, whose addresses are no return addresses. */
const ROOT = 2 ** 31
const INNERMOST = 2 ** 30
/** No place: what lies further in is not kept either. */
const NOWHERE = -1

/** Where a stack is in a window. */
export interface Placement {
  /** -1 where the window has no room. */
  readonly node: number
  /** `STACK_STATE` bits. */
  readonly state: number
  /** Nothing is known of its program. */
  readonly isUnknown: boolean
}

/** Finds the nodes of stacks in one window, putting into words what is new. */
export class StackPlacer {
  readonly #symbolizer: Symbolizer
  readonly #window: WindowBuilder
  readonly #tree = new StackTree()
  readonly #imageIndexes = new Map<ProcessImage, number>()
  /** What the walk has come to. */
  #end: number = END.caller
  #parent = NOWHERE
  #node = 0
  #state = 0

  constructor(symbolizer: Symbolizer, window: WindowBuilder) {
    this.#symbolizer = symbolizer
    this.#window = window
  }

  /** The stack at an offset, in the form of `struct stack`. */
  place(image: ProcessImage, view: DataView, at: number): Placement {
    const kernelCount = view.getUint16(at + STACK.kernelFrames, true)
    const userCount = view.getUint16(at + STACK.userFrames, true)
    const kernelAt = at + STACK.frames
    const isThread = image.id.startStack === 0
    const isUnknown = !isThread && !this.#symbolizer.isKnown(image)
    this.#startAt(image, isThread ? END.nothing : END.caller)
    if (isUnknown && userCount > 0) {
      this.#step(NOWHERE, 0, 0, unknownLocation(''))
      this.#state = whole
    } else if (!isThread && !isUnknown) this.#walkUser(image, view, kernelAt + kernelCount * 8, userCount)
    for (let index = kernelCount - 1; index >= 0 && this.#node !== -1; index--)
      this.#kernelStep(view, kernelAt + index * 8, index === 0)
    return { node: this.#node, state: this.#state, isUnknown }
  }

  #startAt(image: ProcessImage, end: number): void {
    let index = this.#imageIndexes.get(image)
    if (index === undefined) {
      index = this.#imageIndexes.size
      this.#imageIndexes.set(image, index)
    }
    this.#end = end
    this.#parent = ROOT + index * 4 + end
    this.#node = 0
    this.#state = end === END.nothing ? whole : 0
  }

  #walkUser(image: ProcessImage, view: DataView, at: number, count: number): void {
    if (count >= USER_FRAMES_MAX) this.#startAt(image, END.cutOff)
    for (let index = count - 1; index >= 0 && this.#node !== -1; index--) {
      const place = at + index * 8
      const low = view.getUint32(place, true)
      const high = view.getUint32(place + 4, true)
      // Beyond the last of these that a stack has nothing is to be believed.
      if (low === 0 && high === 0) this.#startAt(image, END.nothing)
      else if (!this.#userStep(image, view, place, index === 0)) this.#startAt(image, END.noCode)
    }
  }

  /** False for an address that is no code. */
  #userStep(image: ProcessImage, view: DataView, at: number, isInnermost: boolean): boolean {
    const low = view.getUint32(at, true)
    const high = view.getUint32(at + 4, true)
    const parent = this.#placeBelow(isInnermost)
    if (this.#goToKnown(parent, low, high)) return true
    // All but the innermost are return addresses: the call is before them.
    const address = wordAt(view, at) - (isInnermost ? 0 : 1)
    const location = this.#symbolizer.locate(image, address)
    if (location === undefined) return false
    const isFinal = image.locationAt(address) !== undefined
    this.#step(isFinal ? parent : NOWHERE, low, high, location)
    return true
  }

  #kernelStep(view: DataView, at: number, isInnermost: boolean): void {
    const low = view.getUint32(at, true)
    const high = view.getUint32(at + 4, true)
    const parent = this.#placeBelow(isInnermost)
    if (this.#goToKnown(parent, low, high)) return
    const location = this.#symbolizer.locateInKernel(kernelAddressAt(view, at) - (isInnermost ? 0 : 1))
    this.#step(parent, low, high, location)
  }

  /** Goes where this step led when it was made before; false where it never was. */
  #goToKnown(parent: number, low: number, high: number): boolean {
    const known = this.#tree.find(parent, low, high)
    if (known === -1) return false
    this.#parent = known
    this.#node = this.#tree.nodeOf(known)
    this.#state = this.#tree.stateOf(known)
    return true
  }

  #placeBelow(isInnermost: boolean): number {
    return isInnermost && this.#parent !== NOWHERE ? this.#parent + INNERMOST : this.#parent
  }

  /** One call further in, kept below a place. */
  #step(parent: number, low: number, high: number, location: Location): void {
    this.#state = this.#stateWith(location)
    this.#node = this.#window.enter(this.#node, location.frames)
    this.#parent =
      this.#node === -1 || parent === NOWHERE
        ? NOWHERE
        : this.#tree.add(parent, low, high, this.#node, this.#state)
  }

  #stateWith({ isOutermost, isGo, isCollector, isProgram }: Location): number {
    let state = this.#state
    const isFirst = this.#node === 0 && this.#end === END.caller
    // The outermost frame of all; or the outermost in Go, whatever C has beyond it.
    if (isOutermost && (isFirst || (isGo && (state & go) === 0))) state |= whole
    if (isGo) state |= go | (isCollector ? collector : 0) | (isProgram ? program : 0)
    return state
  }
}
