import type { CelEnv, parse } from '@bufbuild/cel'
import type { AttributeSource } from './attribute-source.ts'
import { utf8Text } from './attribute-value.ts'
import { findAttribute } from './attributes.ts'
import { ROUND } from './cel-environment.ts'
import { celOf } from './cel-values.ts'

type Expression = NonNullable<ReturnType<typeof parse>['expr']>

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

/**
 * Has the rounds of all loops counted: the expression is changed.
 *
 * @returns the name of a function that it calls and that there is not; `` where a loop has no condition
 */
export function countRounds(expression: Expression, env: CelEnv): string | undefined {
  const { exprKind } = expression
  switch (exprKind.case) {
    case 'selectExpr':
      return countAll([exprKind.value.operand], env)
    case 'callExpr': {
      const { function: name, target, args } = exprKind.value
      if (!OPERATORS.has(name) && env.funcs.find(name) === undefined) return name
      return countAll([target, ...args], env)
    }
    case 'listExpr':
      return countAll(exprKind.value.elements, env)
    case 'structExpr':
      return countAll(
        exprKind.value.entries.flatMap(({ keyKind, value }) =>
          keyKind.case === 'mapKey' ? [keyKind.value, value] : [value],
        ),
        env,
      )
    case 'comprehensionExpr': {
      const loop = exprKind.value
      const { iterRange, accuInit, loopCondition, loopStep, result } = loop
      const unknown = countAll([iterRange, accuInit, loopCondition, loopStep, result], env)
      if (unknown !== undefined) return unknown
      if (loopCondition === undefined) return ''
      loop.loopCondition = {
        ...loopCondition,
        exprKind: {
          case: 'callExpr',
          value: { $typeName: 'cel.expr.Expr.Call', function: ROUND, args: [loopCondition] },
        },
      }
      return undefined
    }
    default:
      return undefined
  }
}

function countAll(expressions: readonly (Expression | undefined)[], env: CelEnv): string | undefined {
  for (const expression of expressions) {
    const unknown = expression && countRounds(expression, env)
    if (unknown !== undefined) return unknown
  }
  return undefined
}

/** Names are looked up as they are met. */
export function namesOf(source: AttributeSource): Record<string, never> {
  return new Proxy<Record<string, never>>(Object.freeze(Object.create(null)), {
    get: (_, name) => {
      const value = typeof name === 'string' ? findAttribute(source, utf8Text(name)) : undefined
      return value === undefined ? undefined : celOf(value)
    },
  })
}

/** Brackets in strings count as well: none needs as many. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0
  for (const character of text) {
    if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    if (depth > depthMax) return true
  }
  return false
}
