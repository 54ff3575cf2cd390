import { KnownStacks } from './known-stacks.ts'
import { type Location, unknownLocation } from './location.ts'
import type { ImageId, ProcessImage } from './process-image.ts'
import { imageAt, kernelAddressAt, STACK, USER_FRAMES_MAX, wordAt } from './stack-record.ts'
import { aboveInnermost, isRoot, rootOf, STACK_STATE, StackTree } from './stack-tree.ts'
import type { Symbolizer } from './symbolizer.ts'
import type { WindowBuilder } from './window-builder.ts'
import { WindowPlaces } from './window-places.ts'

const { whole, go, collector, program } = STACK_STATE

/** A program has four roots: by what its stack ends with, beyond the frames that are told. */
const END = { caller: 0, nothing: 1, noCode: 2, cutOff: 3 } as const
/** Versions of the code of programs: they are held until the tree is forgotten. */
const ROOTS_MAX = 1 << 14

/** Where a stack is in a window. */
export interface Placement {
  readonly process: ImageId
  /** -1 where the window has no room. */
  readonly node: number
  /** `STACK_STATE` bits. */
  readonly state: number
  /** Nothing is known of its program. */
  readonly isUnknown: boolean
}

interface Roots {
  readonly codeVersion: number
  readonly index: number
}

/**
 * Finds the nodes of stacks in windows, putting into words what is new. What it knows of stacks outlives the windows, so
 * that most of them only cost a look-up.
 */
export class StackPlacer {
  readonly #symbolizer: Symbolizer
  #tree = new StackTree()
  #known = new KnownStacks()
  #roots = new Map<ProcessImage, Roots>()
  #rootCount = 0
  #kernelVersion = -1
  #window: WindowBuilder | undefined
  #places: WindowPlaces | undefined
  /** What the walk has come to: a place in the tree, and further in what is not to be kept. */
  #end: number = END.caller
  #place = 0
  readonly #loose: Location[] = []
  #state = 0
  /** Whether the same stack would be placed the same way again. */
  #isFinal = true

  constructor(symbolizer: Symbolizer) {
    this.#symbolizer = symbolizer
  }

  /** Before the stacks of a turn: those of one window follow one another. */
  begin(window: WindowBuilder): void {
    const isOver = this.#tree.isFull || this.#known.isFull || this.#rootCount >= ROOTS_MAX
    const { kernelVersion } = this.#symbolizer
    if (isOver || kernelVersion !== this.#kernelVersion) this.#forget()
    this.#kernelVersion = kernelVersion
    if (window !== this.#window) this.#places = undefined
    this.#window = window
    this.#places ??= new WindowPlaces(this.#tree, window)
  }

  /** The stack at an offset, in the form of `struct stack`. */
  place(view: DataView, at: number): Placement {
    const known = this.#known.find(view, at)
    if (known !== -1) {
      const node = this.#places!.nodeOf(this.#known.placeOf(known))
      const process = this.#known.imageOf(known).id
      return { process, node, state: this.#known.stateOf(known), isUnknown: false }
    }
    const image = this.#symbolizer.meet(imageAt(view, at))
    const isUnknown = image.id.startStack !== 0 && !this.#symbolizer.isKnown(image)
    const { codeVersion } = image
    this.#walk(image, view, at, isUnknown)
    const isKept = this.#isFinal && this.#loose.length === 0 && image.codeVersion === codeVersion
    if (isKept) this.#known.add(view, at, image, this.#place, this.#state)
    return { process: image.id, node: this.#enter(), state: this.#state, isUnknown }
  }

  #forget(): void {
    this.#tree = new StackTree()
    this.#known = new KnownStacks()
    this.#roots = new Map()
    this.#rootCount = 0
    this.#places = undefined
  }

  #walk(image: ProcessImage, view: DataView, at: number, isUnknown: boolean): void {
    const kernelCount = view.getUint16(at + STACK.kernelFrames, true)
    const userCount = view.getUint16(at + STACK.userFrames, true)
    const kernelAt = at + STACK.frames
    const isThread = image.id.startStack === 0
    this.#startAt(image, isThread ? END.nothing : END.caller)
    this.#isFinal = !isUnknown
    if (isUnknown && userCount > 0) {
      this.#loose.push(unknownLocation(''))
      this.#state = whole
    } else if (!isThread && !isUnknown) this.#walkUser(image, view, kernelAt + kernelCount * 8, userCount)
    for (let index = kernelCount - 1; index >= 0; index--)
      this.#kernelStep(view, kernelAt + index * 8, index === 0)
  }

  #startAt(image: ProcessImage, end: number): void {
    this.#end = end
    this.#place = rootOf(this.#rootsOf(image) * 4 + end)
    this.#loose.length = 0
    this.#state = end === END.nothing ? whole : 0
  }

  /** Code that was read anew has roots of its own. */
  #rootsOf(image: ProcessImage): number {
    const { codeVersion } = image
    let roots = this.#roots.get(image)
    if (roots?.codeVersion !== codeVersion) {
      roots = { codeVersion, index: this.#rootCount++ }
      this.#roots.set(image, roots)
    }
    return roots.index
  }

  #walkUser(image: ProcessImage, view: DataView, at: number, count: number): void {
    if (count >= USER_FRAMES_MAX) this.#startAt(image, END.cutOff)
    for (let index = count - 1; index >= 0; index--) {
      const place = at + index * 8
      const low = view.getInt32(place, true)
      const high = view.getInt32(place + 4, true)
      // Beyond the last of these that a stack has nothing is to be believed.
      if (low === 0 && high === 0) this.#startAt(image, END.nothing)
      else if (!this.#userStep(image, view, place, index === 0)) {
        // Where it is in a mapping that is read later, there is more to it.
        this.#isFinal = false
        this.#startAt(image, END.noCode)
      }
    }
  }

  /** False for an address that is no code. */
  #userStep(image: ProcessImage, view: DataView, at: number, isInnermost: boolean): boolean {
    const low = view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    if (this.#goToKnown(low, high, isInnermost)) return true
    // All but the innermost are return addresses: the call is before them.
    const address = wordAt(view, at) - (isInnermost ? 0 : 1)
    const location = this.#symbolizer.locate(image, address)
    if (location === undefined) return false
    const isKept = image.locationAt(address) !== undefined
    this.#step(low, high, isInnermost, location, isKept)
    return true
  }

  #kernelStep(view: DataView, at: number, isInnermost: boolean): void {
    const low = view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    if (this.#goToKnown(low, high, isInnermost)) return
    const location = this.#symbolizer.locateInKernel(kernelAddressAt(view, at) - (isInnermost ? 0 : 1))
    this.#step(low, high, isInnermost, location, true)
  }

  /** Goes where this step led when it was made before; false where it never was. */
  #goToKnown(low: number, high: number, isInnermost: boolean): boolean {
    if (this.#loose.length > 0) return false
    const known = this.#tree.find(this.#parent(isInnermost), low, high)
    if (known === -1) return false
    this.#place = known
    this.#state = this.#tree.stateOf(known)
    return true
  }

  #parent(isInnermost: boolean): number {
    return isInnermost ? aboveInnermost(this.#place) : this.#place
  }

  /** One call further in. */
  #step(low: number, high: number, isInnermost: boolean, location: Location, isKept: boolean): void {
    this.#state = this.#stateWith(location)
    const isLoose = !isKept || this.#loose.length > 0
    const place = isLoose ? -1 : this.#tree.add(this.#parent(isInnermost), low, high, location, this.#state)
    if (place === -1) this.#loose.push(location)
    else this.#place = place
  }

  #stateWith({ isOutermost, isGo, isCollector, isProgram }: Location): number {
    let state = this.#state
    const isFirst = isRoot(this.#place) && this.#loose.length === 0 && this.#end === END.caller
    // The outermost frame of all; or the outermost in Go, whatever C has beyond it.
    if (isOutermost && (isFirst || (isGo && (state & go) === 0))) state |= whole
    if (isGo) state |= go | (isCollector ? collector : 0) | (isProgram ? program : 0)
    return state
  }

  /** The node that the walk has come to. */
  #enter(): number {
    let node = this.#places!.nodeOf(this.#place)
    for (const { frames } of this.#loose) if (node !== -1) node = this.#window!.enter(node, frames)
    return node
  }
}
