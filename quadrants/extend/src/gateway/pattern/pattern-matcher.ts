import { hasByte } from './byte-set.ts'
import type { PatternStep } from './pattern-program.ts'

/**
 * States that are kept. A text that needs more of them is matched to its end without any, which costs less than states that
 * nobody comes back to; the next text begins anew.
 */
const STATES_MAX = 1000
const DEAD = 0
const UNKNOWN = -1

/**
 * Whether a pattern matches a whole text, in one pass over it: a deterministic automaton whose states are made when they
 * are first needed. No text takes longer than its length times the steps of the pattern, and nearly all take one table
 * look-up for each byte.
 */
export class PatternMatcher {
  readonly #steps: readonly PatternStep[]
  /** Bytes that no step tells apart have the same class. */
  readonly #classOf = new Uint8Array(256)
  readonly #classCount: number
  readonly #byteOfClass: readonly number[]
  /** Steps that the closure under way has seen, and those of them that it keeps, by its number. */
  readonly #seenIn: Float64Array
  readonly #keptIn: Float64Array
  #closureCount = 0
  #states: (readonly number[])[] = []
  #isAccepting: boolean[] = []
  #byKey = new Map<string, number>()
  #transitions: Int32Array[] = []
  #start = DEAD

  constructor(steps: readonly PatternStep[]) {
    this.#steps = steps
    this.#seenIn = new Float64Array(steps.length)
    this.#keptIn = new Float64Array(steps.length)
    this.#byteOfClass = classify(steps, this.#classOf)
    this.#classCount = this.#byteOfClass.length
    this.#forget()
  }

  matches(text: string): boolean {
    if (this.#states.length >= STATES_MAX) this.#forget()
    let state = this.#start
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 255) return false
      const byteClass = this.#classOf[code]!
      let next = this.#transitions[state]![byteClass]!
      if (next === UNKNOWN) {
        if (this.#states.length >= STATES_MAX) return this.#matchesFrom(this.#states[state]!, text, index)
        next = this.#advance(state, byteClass)
      }
      state = next
      if (state === DEAD) return false
    }
    return this.#isAccepting[state]!
  }

  /** The rest of a text, all ways at once. */
  #matchesFrom(begin: readonly number[], text: string, from: number): boolean {
    let steps = begin
    for (let index = from; index < text.length && steps.length > 0; index++) {
      const code = text.charCodeAt(index)
      if (code > 255) return false
      steps = this.#reach(steps, code)
    }
    return this.#isAcceptedAt(steps, false)
  }

  #forget(): void {
    this.#states = []
    this.#isAccepting = []
    this.#byKey = new Map()
    this.#transitions = []
    this.#stateOf([], false)
    this.#start = this.#stateOf(this.#closure([0], true, false), true)
  }

  #advance(state: number, byteClass: number): number {
    const byte = this.#byteOfClass[byteClass]!
    const next = this.#stateOf(this.#reach(this.#states[state]!, byte), false)
    this.#transitions[state]![byteClass] = next
    return next
  }

  #reach(steps: readonly number[], byte: number): readonly number[] {
    const reached: number[] = []
    for (const index of steps) {
      const step = this.#steps[index]!
      if (step.kind === 'byte' && hasByte(step.set, byte)) reached.push(step.next)
    }
    return this.#closure(reached, false, false)
  }

  /** Whether the text may end there. */
  #isAcceptedAt(steps: readonly number[], isStart: boolean): boolean {
    return this.#closure(steps, isStart, true).some((index) => this.#steps[index]!.kind === 'match')
  }

  #stateOf(steps: readonly number[], isStart: boolean): number {
    // A character for each step: a program has far fewer steps than there are characters.
    const key = (isStart ? '^' : ' ') + String.fromCharCode(...steps)
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const state = this.#states.length
    this.#states.push(steps)
    this.#isAccepting.push(this.#isAcceptedAt(steps, isStart))
    this.#transitions.push(new Int32Array(this.#classCount).fill(UNKNOWN))
    this.#byKey.set(key, state)
    return state
  }

  /** Steps that are reached without a byte: those that take one, that wait for the end, and the match. Sorted. */
  #closure(from: readonly number[], isBegin: boolean, isEnd: boolean): readonly number[] {
    const stack = [...from]
    const mark = ++this.#closureCount
    const seenIn = this.#seenIn
    const keptIn = this.#keptIn
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (seenIn[index] === mark) continue
      seenIn[index] = mark
      const step = this.#steps[index]!
      if (step.kind === 'split') stack.push(step.next, step.other)
      else if (step.kind === 'save') stack.push(step.next)
      else if (step.kind === 'begin') {
        if (isBegin) stack.push(step.next)
      } else {
        keptIn[index] = mark
        if (step.kind === 'end' && isEnd) stack.push(step.next)
      }
    }
    // In their order without sorting: there may be two thousand, for each byte of a request.
    const closed: number[] = []
    for (let index = 0; index < keptIn.length; index++) if (keptIn[index] === mark) closed.push(index)
    return closed
  }
}

/** Fills in the class of each byte, and returns one byte of each class. */
function classify(steps: readonly PatternStep[], classOf: Uint8Array): readonly number[] {
  const sets = steps.flatMap((step) => (step.kind === 'byte' ? [step.set] : []))
  const classes = new Map<string, number>()
  const examples: number[] = []
  for (let byte = 0; byte < 256; byte++) {
    const key = sets.map((set) => (hasByte(set, byte) ? '1' : '0')).join('')
    let found = classes.get(key)
    if (found === undefined) {
      found = examples.length
      classes.set(key, found)
      examples.push(byte)
    }
    classOf[byte] = found
  }
  return examples
}
