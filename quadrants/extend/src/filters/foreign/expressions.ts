import { isCelError, parse, plan, type CelEnv, type CelResult } from '@bufbuild/cel'
import { Result } from '@quadrant/wasm/proxy-wasm'
import type { AttributeSource } from './attribute-source.ts'
import { serializeAttribute, utf8Text } from './attribute-value.ts'
import { findAttribute } from './attributes.ts'
import { CelBudget, celEnvironment, ROUND } from './cel-environment.ts'
import { attributeOf, celOf } from './cel-values.ts'
import type { ForeignLimits } from './foreign-limits.ts'

type Expression = NonNullable<ReturnType<typeof parse>['expr']>
type Plan = (names: Record<string, never>) => CelResult

/** What the planner knows without a function. */
const OPERATORS: ReadonlySet<string> = new Set([
  '_[_]',
  '_?_:_',
  '_&&_',
  '_||_',
  '@not_strictly_false',
  '__not_strictly_false__',
  ROUND,
])

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
      if (parsed.expr === undefined || !this.#prepare(parsed.expr)) return 'malformed'
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

  /** Has the rounds of its loops counted. False where it calls what there is not. */
  #prepare(expression: Expression): boolean {
    const { exprKind } = expression
    switch (exprKind.case) {
      case 'selectExpr':
        return this.#prepareAll([exprKind.value.operand])
      case 'callExpr': {
        const { function: name, target, args } = exprKind.value
        return (
          (OPERATORS.has(name) || this.#env.funcs.find(name) !== undefined) &&
          this.#prepareAll([target, ...args])
        )
      }
      case 'listExpr':
        return this.#prepareAll(exprKind.value.elements)
      case 'structExpr':
        return this.#prepareAll(
          exprKind.value.entries.flatMap(({ keyKind, value }) =>
            keyKind.case === 'mapKey' ? [keyKind.value, value] : [value],
          ),
        )
      case 'comprehensionExpr': {
        const loop = exprKind.value
        const { iterRange, accuInit, loopCondition, loopStep, result } = loop
        if (!this.#prepareAll([iterRange, accuInit, loopCondition, loopStep, result])) return false
        if (loopCondition === undefined) return false
        loop.loopCondition = {
          ...loopCondition,
          exprKind: {
            case: 'callExpr',
            value: { $typeName: 'cel.expr.Expr.Call', function: ROUND, args: [loopCondition] },
          },
        }
        return true
      }
      default:
        return true
    }
  }

  #prepareAll(expressions: readonly (Expression | undefined)[]): boolean {
    return expressions.every((expression) => expression === undefined || this.#prepare(expression))
  }
}

/** Names are looked up as they are met. */
function namesOf(source: AttributeSource): Record<string, never> {
  return new Proxy<Record<string, never>>(Object.freeze(Object.create(null)), {
    get: (_, name) => {
      const value = typeof name === 'string' ? findAttribute(source, utf8Text(name)) : undefined
      return value === undefined ? undefined : celOf(value)
    },
  })
}

/** Brackets in strings count as well: none needs as many. */
function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0
  for (const character of text) {
    if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    if (depth > depthMax) return true
  }
  return false
}
