import type { EffectivePolicies } from '../ir/effective.ts'
import type { GatewayIr, ListenerIr } from '../ir/gateway.ts'
import type { HeaderEditIr, RedirectIr, RouteIr } from '../ir/route.ts'
import { keyText } from '../ir/origin.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import { isNarrower } from '../lowering/hostnames.ts'
import { policyCondition } from '../lowering/policy-condition.ts'
import { conditionIr } from '../lowering/matches.ts'
import { durationMs } from '../policy/schema/units.ts'
import { authorize } from './authorize.ts'
import type { Decision, DecisionStep, Outcome } from './decision.ts'
import {
  type EvaluatedRequest,
  headerOf,
  hostOf,
  pathOf,
  queryOf,
  type TokenState,
} from './evaluated-request.ts'
import { fitsCondition, fitsMatch } from './matches.ts'
import type { RateLimiter } from './rate-limiter.ts'

export interface DecideOptions {
  readonly limiter: RateLimiter
  readonly nowMs: number
  /** What the request brings for a provider. Default: nothing. */
  readonly tokenOf?: (provider: string) => TokenState
  /** From 0 up to, and without, 1: of a fault's delay and of its abort. Default: 0, so that they hit. */
  readonly draw?: () => number
}

/**
 * What becomes of a request at a port of a gateway, by what policies mean: docs/reference/policy-semantics.md is this in
 * words. It is written to be read, and what others compile policies to is compared with it.
 */
export function decide(
  gateway: GatewayIr,
  port: number,
  request: EvaluatedRequest,
  { limiter, nowMs, tokenOf = () => ({ kind: 'missing' }), draw = () => 0 }: DecideOptions,
): Decision {
  const steps: DecisionStep[] = []
  const route = findRoute(gateway, port, request)
  if (route === undefined) {
    steps.push({ what: 'route', said: 'none', origin: undefined })
    return { route: undefined, outcome: { kind: 'respond', status: 404, by: 'route' }, steps }
  }
  steps.push({ what: 'route', said: route.name, origin: route.matchOrigin })
  const { policies } = requestPolicies(route)
  const guarded = guard()
  const outcome = guarded ?? act(route, policies, request, steps, delay())
  return { route: route.name, outcome, steps }

  function respond(status: number, by: DecisionStep['what']): Outcome {
    return { kind: 'respond', status, by }
  }

  function guard(): Outcome | undefined {
    const { cors } = route!
    const origin = headerOf(request, 'origin')
    if (
      cors &&
      request.method === 'OPTIONS' &&
      headerOf(request, 'access-control-request-method') !== undefined
    )
      if (origin !== undefined && cors.allowOrigins.some((allowed) => isOrigin(allowed, origin))) {
        steps.push({ what: 'cors', said: 'preflight', origin: cors.origin })
        return respond(200, 'cors')
      }
    const refused = checkTokens(policies, tokenOf)
    if (refused) {
      steps.push(refused.step)
      return respond(refused.status, 'tokens')
    }
    const { AuthorizationPolicy, RateLimitPolicy, FaultPolicy } = policies
    if (AuthorizationPolicy?.rules?.claim ?? AuthorizationPolicy?.otherwise?.claim) {
      const { isAllowed, rule, origin: at } = authorize(AuthorizationPolicy, request)
      const isShadow = AuthorizationPolicy.mode?.value === 'Shadow'
      steps.push({
        what: 'authorization',
        said: `${isAllowed ? 'allow' : 'deny'} ${rule}`,
        isShadow,
        origin: at,
      })
      if (!isAllowed && !isShadow) return respond(403, 'authorization')
    }
    if (RateLimitPolicy?.limits?.claim) {
      const { origin: at } = RateLimitPolicy.limits.claim
      const refusing = limiter.take(`${port} ${keyText(at.resource)}`, RateLimitPolicy, request, nowMs)
      const isShadow = RateLimitPolicy.mode?.value === 'Shadow'
      if (refusing !== undefined) {
        steps.push({ what: 'limits', said: refusing, isShadow, origin: at })
        if (!isShadow) return respond(RateLimitPolicy.response?.value.status ?? 429, 'limits')
      }
    }
    const abort = FaultPolicy?.abort
    if (FaultPolicy && abort?.claim && isFaulty() && draw() < abort.value.percent / 100) {
      steps.push({ what: 'fault', said: 'abort', origin: abort.claim.origin })
      return respond(abort.value.httpStatus ?? GRPC_ANSWER_STATUS, 'fault')
    }
    return undefined
  }

  function isFaulty(): boolean {
    const condition = policies.FaultPolicy && policyCondition(policies.FaultPolicy)
    return condition === undefined || fitsCondition(condition, request)
  }

  function delay(): number {
    const wait = policies.FaultPolicy?.delay
    return wait?.claim && isFaulty() && draw() < wait.value.percent / 100
      ? durationMs(wait.value.duration)!
      : 0
  }
}

/** A call that failed is an answer of HTTP that did not (gRPC over HTTP/2, Responses). */
const GRPC_ANSWER_STATUS = 200

/** The listener with the narrowest hostname has the request, then the virtual host, then the first route. */
function findRoute({ listeners }: GatewayIr, port: number, request: EvaluatedRequest): RouteIr | undefined {
  const host = hostOf(request)
  const listener = narrowest(
    listeners.filter((one) => one.port === port && one.protocol === protocolOf(request)),
    ({ hostname }) => hostname ?? '*',
    host,
  )
  const virtualHost = listener && narrowest(listener.virtualHosts, ({ hostname }) => hostname, host)
  return virtualHost?.routes.find(
    ({ match, condition }) =>
      fitsMatch(match, request) && (condition === undefined || fitsCondition(condition, request)),
  )
}

function protocolOf({ scheme }: EvaluatedRequest): ListenerIr['protocol'] {
  return scheme === 'https' ? 'HTTPS' : 'HTTP'
}

function narrowest<T>(all: readonly T[], hostnameOf: (one: T) => string, host: string): T | undefined {
  let best: T | undefined
  for (const one of all) {
    const hostname = hostnameOf(one)
    const isFor =
      hostname === '*' || hostname === host || (hostname.startsWith('*.') && host.endsWith(hostname.slice(1)))
    if (isFor && (best === undefined || isNarrower(hostname, hostnameOf(best)))) best = one
  }
  return best
}

function isOrigin(allowed: string, origin: string): boolean {
  if (allowed === '*') return true
  const [before = '', after] = allowed.split('*', 2)
  if (after === undefined) return allowed === origin
  return origin.startsWith(before) && origin.endsWith(after) && origin.length > before.length + after.length
}

function checkTokens(
  { JwtPolicy: policy }: EffectivePolicies,
  tokenOf: (provider: string) => TokenState,
): { readonly status: number; readonly step: DecisionStep } | undefined {
  const providers = policy?.providers
  if (!policy || !providers?.claim) return undefined
  const type = policy.require?.value.type ?? 'Any'
  const names = policy.require?.value.providers ?? providers.value.map(({ name }) => name)
  const states = names.map(tokenOf)
  const wrong = states.find((state) => state.kind === 'wrong')
  const isRight =
    type === 'Any'
      ? states.some(({ kind }) => kind === 'right')
      : type === 'All'
        ? states.every(({ kind }) => kind === 'right')
        : wrong === undefined || states.some(({ kind }) => kind === 'right')
  if (isRight) return undefined
  const first = type === 'All' ? states.find(({ kind }) => kind !== 'right') : (wrong ?? states[0])
  const said = first?.kind === 'wrong' ? first.why : 'Jwt is missing'
  return {
    status: said === 'Audiences in Jwt are not allowed' ? 403 : 401,
    step: { what: 'tokens', said, origin: policy.require?.claim?.origin ?? providers.claim.origin },
  }
}

function act(
  route: RouteIr,
  policies: EffectivePolicies,
  request: EvaluatedRequest,
  steps: DecisionStep[],
  delayMs: number,
): Outcome {
  const { action } = route
  if (action.kind === 'respond') return { kind: 'respond', status: action.status, by: 'backend' }
  if (action.kind === 'redirect') return redirect(route, action, request)
  const sum = action.backends.reduce((total, { weight }) => total + weight, 0)
  const shares = new Map<string, number>()
  for (const { cluster, weight } of action.backends)
    if (weight > 0) shares.set(cluster, (shares.get(cluster) ?? 0) + weight / sum)
  steps.push({ what: 'backend', said: [...shares.keys()].join(', '), origin: action.backends[0]?.origin })
  const { TimeoutPolicy: timeouts, RetryPolicy: retry, FilterPolicy } = policies
  const { rewrite } = action
  const origin = FilterPolicy?.filters?.claim?.origin
  return {
    kind: 'forward',
    clusters: [...shares].map(([cluster, share]) => ({ cluster, share })),
    mirrors: route.mirrors.flatMap(({ cluster, share, condition }) =>
      share > 0 && (condition === undefined || fitsCondition(condition, request)) ? [{ cluster, share }] : [],
    ),
    target: rewrite?.path ? rewritten(route, rewrite.path, request) : request.target,
    authority: rewrite?.hostname ?? request.authority,
    headers: editHeaders(request.headers, route.requestHeaders),
    delayMs,
    timeoutMs: durationMs(timeouts?.request?.value ?? '15s')!,
    retries: retry?.attempts?.value ?? 0,
    filters: (FilterPolicy?.filters?.value ?? [])
      .toSorted((a, b) => a.order - b.order)
      .flatMap(({ name, matches, when }) => {
        const condition = conditionIr(matches, when, origin!)
        return condition === undefined || fitsCondition(condition, request) ? [name] : []
      }),
  }
}

/** Removed, set, added, over all edits. */
export function editHeaders(
  headers: readonly (readonly [name: string, value: string])[],
  edits: readonly HeaderEditIr[],
): readonly (readonly [name: string, value: string])[] {
  const removed = new Set(edits.flatMap(({ remove }) => remove))
  const set = new Map(edits.flatMap((edit) => edit.set.map(({ name, value }) => [name, value] as const)))
  const kept = headers.filter(([name]) => !removed.has(name) && !set.has(name))
  const added = edits.flatMap(({ add }) => add.map(({ name, value }) => [name, value] as const))
  return [...kept, ...set, ...added]
}

function rewritten(
  { match }: RouteIr,
  edit: { readonly kind: 'full' | 'prefix'; readonly path: string },
  request: EvaluatedRequest,
): string {
  const query = queryOf(request)
  const suffix = query === '' ? '' : `?${query}`
  if (edit.kind === 'full') return edit.path + suffix
  const prefix = match.path?.kind === 'prefix' ? match.path.path : ''
  const rest = pathOf(request).slice(prefix.length)
  const path = `${edit.path.replace(/\/$/, '')}${rest}`
  return `${path === '' ? '/' : path}${suffix}`
}

function redirect(route: RouteIr, action: RedirectIr, request: EvaluatedRequest): Outcome {
  const scheme = action.scheme ?? request.scheme
  const host = action.hostname ?? request.authority.replace(/:\d+$/, '')
  const standard = scheme === 'https' ? 443 : 80
  const { port } = action
  const target = action.path ? rewritten(route, action.path, request) : request.target
  return {
    kind: 'redirect',
    status: action.status,
    location: `${scheme}://${host}${port === standard ? '' : `:${port}`}${target}`,
  }
}
