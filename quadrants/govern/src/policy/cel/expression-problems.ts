import { parse } from '@bufbuild/cel'
import type { CelUse } from '../schema/schema.ts'
import { fits, nameOf } from './cel-type.ts'
import { type ExpressionProblem, TypeCheck } from './type-check.ts'

export const EXPRESSION_LENGTH_MAX = 4096
/** The parser calls itself for each. */
const BRACKETS_MAX = 128
const CACHE_MAX = 4096

const known = new Map<string, readonly ExpressionProblem[]>()

/** What is wrong with an expression. Those that stand in many documents are looked at once. */
export function findExpressionProblems(text: string, use: CelUse): readonly ExpressionProblem[] {
  const key = `${use.result}/${use.moment}/${text}`
  const found = known.get(key)
  if (found) return found
  const problems = problemsOf(text, use)
  if (known.size >= CACHE_MAX) known.clear()
  known.set(key, problems)
  return problems
}

function problemsOf(text: string, use: CelUse): readonly ExpressionProblem[] {
  const tooLarge = (message: string): readonly ExpressionProblem[] => [
    { code: 'celTooLarge', start: 0, end: 1, message },
  ]
  if (text.length > EXPRESSION_LENGTH_MAX)
    return tooLarge(`an expression has at most ${EXPRESSION_LENGTH_MAX} characters`)
  if (bracketDepth(text) > BRACKETS_MAX)
    return tooLarge(`an expression has at most ${BRACKETS_MAX} brackets in brackets`)
  try {
    const parsed = parse(text)
    const check = new TypeCheck(text, parsed, use.moment)
    const type = check.check(parsed.expr)
    if (check.problems.length === 0 && !fits({ kind: use.result }, type))
      return [
        {
          code: 'celResult',
          start: 0,
          end: text.trimEnd().length,
          message: `this gives a ${nameOf(type)}, where a ${use.result} is asked for`,
          ...(use.result === 'string' ? { fix: 'string(…)' } : {}),
        },
      ]
    return check.problems
  } catch (thrown) {
    return [syntaxProblem(text, thrown)]
  }
}

function syntaxProblem(text: string, thrown: unknown): ExpressionProblem {
  const { location, rawMessage } = thrown as {
    readonly location?: { readonly start?: { readonly offset?: number } }
    readonly rawMessage?: string
  }
  const start = Math.min(location?.start?.offset ?? 0, Math.max(0, text.length - 1))
  const message = rawMessage ?? (thrown instanceof Error ? thrown.message : String(thrown))
  return { code: 'celSyntax', start, end: start + 1, message: `this is no CEL: ${message.slice(0, 200)}` }
}

/** The deepest nesting, brackets within texts counted too. */
function bracketDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text)
    if ('([{'.includes(character)) deepest = Math.max(deepest, ++depth)
    else if (')]}'.includes(character) && depth > 0) depth--
  return deepest
}
