import { isCelError, parse, plan, type CelEnv, type CelResult, type CelValue } from '@bufbuild/cel'
import type { AttributeSource } from '../../../filters/foreign/attribute-source.ts'
import { CelBudget, celEnvironment } from '../../../filters/foreign/cel-environment.ts'
import { countRounds, isDeeperThan, namesOf } from '../../../filters/foreign/cel-names.ts'
import { FOREIGN_LIMITS } from '../../../filters/foreign/foreign-limits.ts'
import { type CelExpression, compileTerm } from './compile-term.ts'
import type { RequestView } from './request-view.ts'

/** An expression of CEL over the attributes of a request, in bounded time. */
export interface Expression {
  /** Whether it is true: neither false nor an error. */
  isTrue(request: RequestView): boolean
  /** The text that it gives (of bytes, as in headers); undefined for an error, and for what is no text. */
  textOf(request: RequestView): string | undefined
  /** For an index over many of them. */
  readonly ast: CelExpression
}

/** Of one expression. */
const LENGTH_MAX = 65_536

/** What is wrong with an expression. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}

/** @throws {ExpressionError} where it is none, or calls what there is not. */
export function compileExpression(source: string): Expression {
  if (source.length > LENGTH_MAX)
    throw new ExpressionError(`an expression has at most ${LENGTH_MAX} characters`)
  if (isDeeperThan(source, FOREIGN_LIMITS.expressionDepthMax))
    throw new ExpressionError(`more than ${FOREIGN_LIMITS.expressionDepthMax} brackets within one another`)
  const parsed = parsedOf(source)
  const ast = parsed.expr
  if (ast === undefined) throw new ExpressionError('nothing stands there')
  const term = compileTerm(ast)
  if (term !== undefined) {
    const { run } = term
    return {
      ast,
      isTrue: (request) => run(request) === true,
      textOf: (request) => {
        const value = run(request)
        return typeof value === 'string' ? value : undefined
      },
    }
  }
  const planned = new PlannedExpression(parsed, ast)
  return {
    ast,
    isTrue: (request) => planned.evaluate(request) === true,
    textOf: (request) => {
      const value = planned.evaluate(request)
      return typeof value === 'string' ? Buffer.from(value).toString('latin1') : undefined
    },
  }
}

function parsedOf(source: string): ReturnType<typeof parse> {
  try {
    // A comment is only known as one by the end of its line.
    return parse(`${source}\n`)
  } catch (error) {
    throw new ExpressionError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Whoever asks: no plugin. */
const NOBODY = { name: '', rootId: '', vmId: '' }

class PlannedExpression {
  readonly #budget = new CelBudget(FOREIGN_LIMITS)
  readonly #run: (names: Record<string, never>) => CelResult

  constructor(parsed: ReturnType<typeof parse>, ast: CelExpression) {
    const env: CelEnv = celEnvironment(this.#budget)
    const unknown = countRounds(ast, env)
    if (unknown !== undefined) throw new ExpressionError(`there is no function ${unknown}`)
    this.#run = plan(env, parsed) as (names: Record<string, never>) => CelResult
  }

  evaluate({ source }: RequestView): CelValue | undefined {
    this.#budget.begin()
    const attributes: AttributeSource = { plugin: NOBODY, node: undefined, stream: source }
    try {
      const value = this.#run(namesOf(attributes))
      return isCelError(value) ? undefined : value
    } catch {
      return undefined
    }
  }
}
