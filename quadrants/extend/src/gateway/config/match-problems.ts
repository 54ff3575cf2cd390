import { compileExpression, ExpressionError } from '../guard/expression/expression.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList, ProblemPlace } from './gateway-problem.ts'
import type { RouteMatchSpec } from './route-spec.ts'
import { findPatternProblem, findTextMatchProblem } from './text-problems.ts'

export const PATH = /^\/[!-"$->@-~]*$/
export const PATH_SAID = 'a path begins with `/`, and has no query, no fragment and only ASCII'

export function findMatchProblems(problems: ProblemList, match: RouteMatchSpec): void {
  if (match.path.kind === 'regex') findPatternProblem(problems, match.path.pattern, [match, 'regex'])
  else if (!PATH.test(match.path.path))
    problems.wrong(
      GatewayCode.wrongValue,
      [match, match.path.kind === 'exact' ? 'path' : 'prefix'],
      PATH_SAID,
      match.path.path.split(/[?#]/, 1)[0] || '/',
    )
  for (const header of match.headers) findTextMatchProblem(problems, header.value, header)
  for (const parameter of match.query) findTextMatchProblem(problems, parameter.value, parameter)
}

export function findExpressionProblem(problems: ProblemList, source: string, place: ProblemPlace): void {
  try {
    compileExpression(source)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    problems.wrong(
      GatewayCode.wrongValue,
      place,
      `this is no expression of CEL: ${error.message.split('\n', 1)[0]}`,
      "request.method == 'GET'",
    )
  }
}
