import type { PathMatchIr } from '../ir/match.ts'
import type { RouteIr } from '../ir/route.ts'
import type { Resource } from '../policy/document/resource.ts'
import { comparePrecedence } from '../policy/attachment/precedence.ts'

/** A route with what decides ties. */
export interface OrderedRoute {
  readonly ir: RouteIr
  readonly resource: Resource
  readonly ruleIndex: number
  readonly matchIndex: number
}

/**
 * Which of two routes has a request that both match (Gateway API, `HTTPRouteRule.matches` and `GRPCRouteRule.matches`): an
 * exact path, then the longest prefix, then a pattern, then none; a method; more headers; more parameters; the older
 * resource; the first by name; the first rule and match. One with a condition is before itself without.
 */
export function compareRoutes(a: OrderedRoute, b: OrderedRoute): number {
  const left = a.ir.match
  const right = b.ir.match
  return (
    pathRank(left.path) - pathRank(right.path) ||
    pathLength(right.path) - pathLength(left.path) ||
    Number(right.method !== undefined) - Number(left.method !== undefined) ||
    right.headers.length - left.headers.length ||
    right.query.length - left.query.length ||
    comparePrecedence(a.resource, b.resource) ||
    a.ruleIndex - b.ruleIndex ||
    a.matchIndex - b.matchIndex ||
    Number(b.ir.condition !== undefined) - Number(a.ir.condition !== undefined)
  )
}

function pathRank(path: PathMatchIr | undefined): number {
  switch (path?.kind) {
    case 'exact':
      return 0
    case 'prefix':
      return 1
    case 'regex':
      return 2
    case undefined:
      return 3
  }
}

function pathLength(path: PathMatchIr | undefined): number {
  return path === undefined ? 0 : path.kind === 'regex' ? path.pattern.length : path.path.length
}
