import { isCelError, parse, plan, type CelEnv, type CelResult } from '@bufbuild/cel'
import { Result } from '@quadrant/wasm/proxy-wasm'
import type { AttributeSource } from './attribute-source.ts'
import { serializeAttribute } from './attribute-value.ts'
import { CelBudget, celEnvironment } from './cel-environment.ts'
import { countRounds, isDeeperThan, namesOf } from './cel-names.ts'
import { attributeOf } from './cel-values.ts'
import type { ForeignLimits } from './foreign-limits.ts'

type Plan = (names: Record<string, never>) => CelResult

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Expressions of one plugin in CEL (the Common Expression Language) by their tokens: `expr_create`, `expr_evaluate` and
 * `expr_delete`. An evaluation is bounded, as is what it comes to.
 */
export class Expressions {
  readonly #limits: ForeignLimits
  readonly #budget: CelBudget
  readonly #env: CelEnv
  readonly #plans = new Map<number, Plan>()
  #nextToken = 0

  constructor(limits: ForeignLimits) {
    this.#limits = limits
    this.#budget = new CelBudget(limits)
    this.#env = celEnvironment(this.#budget)
  }

  /** @returns the number where it is no expression, `over-limit` where there are too many or it is too large */
  create(source: Uint8Array): number | 'malformed' | 'over-limit' {
    const { expressionLengthMax, expressionsMax, expressionDepthMax } = this.#limits
    if (source.length > expressionLengthMax || this.#plans.size >= expressionsMax) return 'over-limit'
    try {
      const text = UTF8.decode(source)
      if (isDeeperThan(text, expressionDepthMax)) return 'malformed'
      // A comment is only known as one by the end of its line.
      const parsed = parse(`${text}\n`)
      // Also what cannot be planned has used up a token, in Envoy.
      const token = this.#takeToken()
      if (parsed.expr === undefined || countRounds(parsed.expr, this.#env) !== undefined) return 'malformed'
      this.#plans.set(token, plan(this.#env, parsed) as Plan)
      return token
    } catch {
      return 'malformed'
    }
  }

  /** @param refused is called where it would do more than it may */
  evaluate(token: number, source: AttributeSource, refused: () => void): Uint8Array | Result {
    const run = this.#plans.get(token)
    if (run === undefined) return Result.NOT_FOUND
    this.#budget.begin()
    try {
      const value = run(namesOf(source))
      if (isCelError(value)) return Result.INTERNAL_FAILURE
      const attribute = attributeOf(value)
      if (attribute === undefined) return Result.SERIALIZATION_FAILURE
      const bytes = serializeAttribute(attribute, this.#limits.resultBytesMax)
      return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    } catch {
      return Result.INTERNAL_FAILURE
    } finally {
      if (this.#budget.isOver) refused()
    }
  }

  delete(token: number): void {
    this.#plans.delete(token)
  }

  #takeToken(): number {
    while (this.#plans.has(this.#nextToken)) this.#nextToken = (this.#nextToken + 1) >>> 0
    const token = this.#nextToken
    this.#nextToken = (token + 1) >>> 0
    return token
  }
}
