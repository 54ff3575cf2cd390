import { substitutionParts } from '../pattern/pattern-replacer.ts'
import type { ClusterSpec } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList } from './gateway-problem.ts'
import { isDeclared, namedOnce } from './name-problems.ts'
import type { ForwardSpec, PathRewrite, RouteMatchSpec, RouteSpec, VirtualHostSpec } from './route-spec.ts'
import { findConditionProblems, findGuardProblems } from './guard-problems.ts'
import { findMatchProblems, PATH, PATH_SAID } from './match-problems.ts'
import { findHeaderEditProblems, findPatternProblem } from './text-problems.ts'

const DOMAIN = /^(?:\*|\*?[a-z0-9._-]{1,253}|[a-z0-9._-]{1,253}\*|\[[0-9a-f:.]{2,45}\])$/

export function findVirtualHostProblems(
  problems: ProblemList,
  virtualHost: VirtualHostSpec,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  const { name, domains, routes } = virtualHost
  if (domains.length === 0)
    problems.wrong(GatewayCode.missing, [virtualHost], `virtual host ${name} has no domain`, "domains: ['*']")
  for (const [index, domain] of domains.entries())
    if (!DOMAIN.test(domain))
      problems.wrong(
        GatewayCode.wrongValue,
        [domains, index],
        `\`${domain}\` is no domain: a name without a port, with \`*\` at its begin or its end at most`,
        '*.example.com',
      )
  if (routes.length === 0)
    problems.warn(
      GatewayCode.noEffect,
      [virtualHost],
      `virtual host ${name} has no route, and answers 404 to all`,
      'routes: …',
    )
  namedOnce(problems, 'route', routes)
  findHeaderEditProblems(problems, virtualHost.requestHeaders)
  findHeaderEditProblems(problems, virtualHost.responseHeaders)
  for (const route of routes) findRouteProblems(problems, route, clusters)
  findUnreachable(problems, routes)
}

function findRouteProblems(
  problems: ProblemList,
  route: RouteSpec,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  const { match, action } = route
  findMatchProblems(problems, match)
  if (route.condition) findConditionProblems(problems, route.condition)
  for (const { condition } of route.filters ?? []) findConditionProblems(problems, condition)
  if (route.guard) findGuardProblems(problems, route.guard, clusters)
  findHeaderEditProblems(problems, route.requestHeaders)
  findHeaderEditProblems(problems, route.responseHeaders)
  if (action.kind === 'forward') findForwardProblems(problems, route, action, clusters)
  else if (action.kind === 'redirect' && action.path) findRewriteProblems(problems, action.path, match)
}

function findForwardProblems(
  problems: ProblemList,
  route: RouteSpec,
  action: ForwardSpec,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  if (action.clusters.reduce((sum, { weight }) => sum + weight, 0) <= 0)
    problems.wrong(
      GatewayCode.missing,
      [action, 'clusters'],
      `route ${route.name} has no cluster with a weight`,
      'cluster: …',
    )
  const isHashed = action.clusters.some(({ cluster }) => {
    const kind = clusters.get(cluster)?.balancer.kind
    return kind === undefined || kind === 'ring-hash' || kind === 'maglev'
  })
  for (const one of action.clusters) isDeclared(problems, 'cluster', one.cluster, clusters, [one, 'name'])
  if (action.hashPolicy.length > 0 && !isHashed && !action.isSticky)
    problems.warn(
      GatewayCode.noEffect,
      [action, 'hash'],
      `no cluster of route ${route.name} has a balancer that hashes`,
      'balancer: { policy: maglev }',
    )
  for (const mirror of action.mirrors) {
    isDeclared(problems, 'cluster', mirror.cluster, clusters, [mirror, 'cluster'])
    findConditionProblems(problems, mirror.condition)
  }
  if (action.pathRewrite) findRewriteProblems(problems, action.pathRewrite, route.match)
  const { retry } = action
  if (retry && retry.on.includes('retriable-status-codes') !== retry.statuses.length > 0)
    problems.warn(
      GatewayCode.noEffect,
      [retry],
      'retriable-status-codes and statuses do nothing without one another',
      'on: [retriable-status-codes], statuses: [503]',
    )
  if (retry && action.timeoutMs > 0 && retry.perTryTimeoutMs > action.timeoutMs)
    problems.warn(
      GatewayCode.noEffect,
      [retry, 'per_try_timeout'],
      `one try may take longer than all together (${action.timeoutMs} ms)`,
      'per_try_timeout: 1s',
    )
}

function findRewriteProblems(problems: ProblemList, rewrite: PathRewrite, match: RouteMatchSpec): void {
  if (rewrite.kind === 'prefix' && match.path.kind === 'regex')
    problems.wrong(
      GatewayCode.contradiction,
      [rewrite, 'prefix'],
      'a match by regex has no prefix to put another in place of',
      'regex: …, substitution: …',
    )
  if (rewrite.kind !== 'regex') {
    if (!PATH.test(rewrite.path))
      problems.wrong(
        GatewayCode.wrongValue,
        [rewrite, rewrite.kind === 'full' ? 'path' : 'prefix'],
        PATH_SAID,
        '/',
      )
    return
  }
  if (/[^\x21-\x7e]|[?#]/.test(rewrite.substitution))
    problems.wrong(
      GatewayCode.wrongValue,
      [rewrite, 'substitution'],
      'a path has no blank, no `?`, no `#` and only ASCII',
      '/\\1',
    )
  const groupCount = findPatternProblem(problems, rewrite.pattern, [rewrite, 'regex'])
  const asked = Math.max(
    0,
    ...substitutionParts(rewrite.substitution).filter((part) => typeof part === 'number'),
  )
  if (groupCount !== undefined && asked > groupCount)
    problems.wrong(
      GatewayCode.wrongValue,
      [rewrite, 'substitution'],
      `\\${asked} stands for a group that the pattern does not have`,
      groupCount === 0 ? '\\0' : `\\${groupCount}`,
    )
}

/** Routes that never get a request, because an earlier one has all of theirs. */
function findUnreachable(problems: ProblemList, routes: readonly RouteSpec[]): void {
  const earlier: RouteSpec[] = []
  for (const route of routes) {
    const owner = earlier.find((other) => covers(other.match, route.match))
    if (owner)
      problems.warn(
        GatewayCode.unreachable,
        [route],
        `route ${route.name} gets nothing: ${owner.name} has all of it`,
        `put ${route.name} before ${owner.name}`,
      )
    else if (
      route.condition === undefined &&
      isUnconditional(route.match) &&
      earlier.length < UNCONDITIONAL_MAX
    )
      earlier.push(route)
  }
}

/** Looked at for each route behind them. */
const UNCONDITIONAL_MAX = 200

function isUnconditional({ methods, headers, query, path, isCaseSensitive }: RouteMatchSpec): boolean {
  return methods.length + headers.length + query.length === 0 && path.kind === 'prefix' && isCaseSensitive
}

function covers(wide: RouteMatchSpec, narrow: RouteMatchSpec): boolean {
  if (wide.path.kind !== 'prefix') return false
  const { path: prefix, isSegment } = wide.path
  if (prefix === '/') return true
  if (narrow.path.kind === 'regex' || !narrow.path.path.startsWith(prefix) || !narrow.isCaseSensitive)
    return false
  const rest = narrow.path.path.slice(prefix.length)
  if (!isSegment || prefix.endsWith('/') || rest.startsWith('/')) return true
  return rest === '' && (narrow.path.kind === 'exact' || narrow.path.isSegment)
}
