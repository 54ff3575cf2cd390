import type { ConditionSpec } from '../config/guard-spec.ts'
import type { RouteMatchSpec } from '../config/route-spec.ts'
import { compilePattern } from '../pattern/compile-pattern.ts'
import { routeCondition } from '../route/route-condition.ts'
import { compileExpression } from './expression/expression.ts'
import type { RequestView } from './expression/request-view.ts'

export type Condition = (request: RequestView) => boolean

/** Undefined where everything fits. */
export function compileCondition({ matches, when }: ConditionSpec): Condition | undefined {
  const fitting = matches.map(matchCondition)
  const expression = when === undefined ? undefined : compileExpression(when)
  const [first] = fitting
  const any: Condition | undefined =
    first === undefined || fitting.includes(ALWAYS)
      ? undefined
      : fitting.length === 1
        ? first
        : (request) => fitting.some((fits) => fits(request))
  if (expression === undefined) return any
  if (any === undefined) return (request) => expression.isTrue(request)
  return (request) => any(request) && expression.isTrue(request)
}

const ALWAYS: Condition = () => true

function matchCondition(match: RouteMatchSpec): Condition {
  const path = pathCondition(match)
  const rest = routeCondition(match)
  if (rest === undefined) return path ?? ALWAYS
  if (path === undefined) return ({ headers, query }) => rest(headers, query)
  return (request) => path(request) && rest(request.headers, request.query)
}

function pathCondition({ path, isCaseSensitive }: RouteMatchSpec): Condition | undefined {
  if (path.kind === 'regex') {
    const pattern = compilePattern(path.pattern)
    return (request) => pattern.matches(request.path)
  }
  const wanted = isCaseSensitive ? path.path : path.path.toLowerCase()
  const pathOf = isCaseSensitive
    ? (request: RequestView) => request.path
    : (request: RequestView) => request.path.toLowerCase()
  if (path.kind === 'exact') return (request) => pathOf(request) === wanted
  if (wanted === '/') return undefined
  if (!path.isSegment) return (request) => pathOf(request).startsWith(wanted)
  if (wanted.endsWith('/')) return (request) => pathOf(request).startsWith(wanted)
  const below = `${wanted}/`
  return (request) => {
    const text = pathOf(request)
    return text === wanted || text.startsWith(below)
  }
}
