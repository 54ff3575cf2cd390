import { celEnv, CelScalar, celFunc, type CelEnv } from '@bufbuild/cel'
import type { ForeignLimits } from './foreign-limits.ts'

/** Name by which each round of a loop is counted: no expression can have it. */
export const ROUND = '@round'

const { BOOL, BYTES, STRING } = CelScalar

/** What one evaluation may still do. It runs on one thread, to its end, before the next begins. */
export class CelBudget {
  readonly #limits: ForeignLimits
  #rounds = 0
  #matchWork = 0
  #bytes = 0

  constructor(limits: ForeignLimits) {
    this.#limits = limits
  }

  begin(): void {
    this.#rounds = this.#limits.iterationsMax
    this.#matchWork = this.#limits.matchWorkMax
    this.#bytes = this.#limits.resultBytesMax
  }

  /** Whether it was more. */
  get isOver(): boolean {
    return this.#rounds < 0 || this.#matchWork < 0 || this.#bytes < 0
  }

  takeRound(): void {
    if (--this.#rounds < 0) throw new RangeError('too many rounds')
  }

  takeMatch(pattern: string, text: string): void {
    this.#matchWork -= patternWeight(pattern) * (text.length + 1)
    if (this.#matchWork < 0) throw new RangeError('too much to match')
  }

  takeBytes(count: number): void {
    this.#bytes -= count
    if (this.#bytes < 0) throw new RangeError('too much text')
  }
}

/** The standard functions of CEL, as Envoy registers them for filters, within a budget. */
export function celEnvironment(budget: CelBudget): CelEnv {
  const matcher = celEnv().funcs.find('matches')
  return celEnv({
    funcs: [
      celFunc(ROUND, [BOOL], BOOL, (isGoingOn) => {
        budget.takeRound()
        return isGoingOn
      }),
      celFunc('_+_', [STRING, STRING], STRING, (left, right) => {
        budget.takeBytes(left.length + right.length)
        return left + right
      }),
      celFunc('_+_', [BYTES, BYTES], BYTES, (left, right) => {
        budget.takeBytes(left.length + right.length)
        return Buffer.concat([left, right])
      }),
    ],
    re2: {
      compile: (pattern) => ({
        test: (text) => {
          budget.takeMatch(pattern, text)
          const result = matcher?.call(0, text, [pattern])
          if (typeof result !== 'boolean') throw new TypeError('malformed pattern')
          return result
        },
      }),
    },
  })
}

/** About how large a program RE2 makes of it: what is to be repeated is there as often. */
function patternWeight(pattern: string): number {
  let repeats = 1
  for (const [, first, last] of pattern.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g))
    repeats += Number(last === undefined || last === '' ? first : last)
  return (pattern.length + 1) * repeats
}
