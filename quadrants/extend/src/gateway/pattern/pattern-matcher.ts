import { hasByte } from './byte-set.ts'
import type { PatternStep } from './pattern-program.ts'

/** States that are kept; when there are more, all are made anew as they are needed. */
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
  #states: number[][] = []
  #isAccepting: boolean[] = []
  #byKey = new Map<string, number>()
  #transitions: Int32Array[] = []
  #start = DEAD

  constructor(steps: readonly PatternStep[]) {
    this.#steps = steps
    this.#byteOfClass = classify(steps, this.#classOf)
    this.#classCount = this.#byteOfClass.length
    this.#forget()
  }

  matches(text: string): boolean {
    let state = this.#start
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 255) return false
      const byteClass = this.#classOf[code]!
      const next = this.#transitions[state]![byteClass]!
      state = next === UNKNOWN ? this.#advance(state, byteClass) : next
      if (state === DEAD) return false
    }
    return this.#isAccepting[state]!
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
    const reached: number[] = []
    for (const index of this.#states[state]!) {
      const step = this.#steps[index]!
      if (step.kind === 'byte' && hasByte(step.set, byte)) reached.push(step.next)
    }
    const closed = this.#closure(reached, false, false)
    if (this.#states.length >= STATES_MAX) {
      this.#forget()
      return this.#stateOf(closed, false)
    }
    const next = this.#stateOf(closed, false)
    this.#transitions[state]![byteClass] = next
    return next
  }

  #stateOf(steps: readonly number[], isStart: boolean): number {
    const key = `${isStart ? '^' : ''}${steps.join()}`
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const state = this.#states.length
    this.#states.push([...steps])
    this.#isAccepting.push(
      this.#closure(steps, isStart, true).some((index) => this.#steps[index]!.kind === 'match'),
    )
    this.#transitions.push(new Int32Array(this.#classCount).fill(UNKNOWN))
    this.#byKey.set(key, state)
    return state
  }

  /** Steps that are reached without a byte: those that take one, that wait for the end, and the match. Sorted. */
  #closure(from: readonly number[], isBegin: boolean, isEnd: boolean): readonly number[] {
    const seen = new Set<number>()
    const stack = [...from]
    const closed: number[] = []
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (seen.has(index)) continue
      seen.add(index)
      const step = this.#steps[index]!
      if (step.kind === 'split') stack.push(step.next, step.other)
      else if (step.kind === 'save') stack.push(step.next)
      else if (step.kind === 'begin') {
        if (isBegin) stack.push(step.next)
      } else {
        closed.push(index)
        if (step.kind === 'end' && isEnd) stack.push(step.next)
      }
    }
    return closed.sort((a, b) => a - b)
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
