import type { EffectivePolicies } from '../ir/effective.ts'
import type { ForwardIr, HeaderEditIr, PathEditIr, RouteIr } from '../ir/route.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import { telemetryProblems } from '../back-end/telemetry-problems.ts'
import { durationMs } from '../policy/schema/units.ts'
import { rbacOfRoute } from './envoy-authorization.ts'
import { CORS_FILTER, corsOfRoute, FAULT_FILTER, faultOfRoute } from './envoy-fault.ts'
import { type EnvoyJson, fractional, literalValue, regex, seconds } from './envoy-json.ts'
import { routeMatch } from './envoy-match.ts'
import { FILTER_ON, rateLimitFilterName } from './envoy-rate-limit.ts'
import { JWT_FILTER, type TokenRequirements } from './envoy-tokens.ts'
import { wasmFilterName } from './envoy-wasm.ts'
import { escaped } from './request-term.ts'
import { routeVariants, type RouteVariant } from './route-variants.ts'

export interface EnvoyRouteContext {
  readonly sources: SourceMap
  readonly report: (problem: Problem) => void
  readonly tokens: TokenRequirements
  readonly clusterOf: (name: string) => string
}

/** `Route` for each of the variants, in their order. */
export function envoyRoutes(route: RouteIr, context: EnvoyRouteContext): readonly EnvoyJson[] {
  const { sources, report, tokens } = context
  const { policies, problems } = requestPolicies(route)
  const telemetry = telemetryProblems(
    policies,
    'Envoy is not told here whom spans and lines go to',
    'remove it, and have tracing in a bootstrap of your own',
  )
  for (const problem of [...problems, ...telemetry]) report(problem)
  for (const { origin } of route.extensions)
    report(
      unsupported(
        origin,
        'filters of a route are those of FilterPolicies that are about it',
        'a FilterPolicy with targetRefs: [{ kind: HTTPRoute, … }]',
      ),
    )
  const cors = corsOfRoute(route.cors, sources)
  const jwt = tokens.ofRoute(policies)
  const limits = policies.RateLimitPolicy?.limits?.claim
  const shared: EnvoyJson = {
    ...(cors && { [CORS_FILTER]: cors }),
    ...(jwt && { [JWT_FILTER]: jwt }),
    ...rbacOfRoute(policies, sources, report),
    ...(limits && { [rateLimitFilterName(limits)]: FILTER_ON }),
  }
  const fault = faultOfRoute(policies, sources)
  return routeVariants(route, policies, report).map((variant) => {
    const perFilter: EnvoyJson = {
      ...shared,
      ...(variant.isFaulty && fault ? { [FAULT_FILTER]: fault } : {}),
      ...Object.fromEntries(variant.filters.map((placed) => [wasmFilterName(placed), FILTER_ON])),
    }
    return sources.note(
      {
        name: route.name + variant.suffix,
        match: sources.note(routeMatch(route.match, variant.term), route.matchOrigin),
        ...actionOf(route, variant, policies, context),
        ...headerEdits('request', route.requestHeaders, sources),
        ...headerEdits('response', route.responseHeaders, sources),
        ...(Object.keys(perFilter).length === 0 ? {} : { typed_per_filter_config: perFilter }),
      },
      route.origin,
    )
  })
}

function actionOf(
  route: RouteIr,
  variant: RouteVariant,
  policies: EffectivePolicies,
  context: EnvoyRouteContext,
): EnvoyJson {
  const { action, match } = route
  const { sources } = context
  switch (action.kind) {
    case 'respond':
      return { direct_response: sources.note({ status: action.status }, action.origin) }
    case 'redirect':
      return {
        redirect: sources.note(
          {
            response_code: REDIRECT_CODES[action.status],
            ...(action.scheme === undefined ? {} : { scheme_redirect: action.scheme }),
            ...(action.hostname === undefined ? {} : { host_redirect: action.hostname }),
            // The port of another host goes without saying; that of the same one could be another.
            ...(action.hostname !== undefined && isDefaultPort(action) ? {} : { port_redirect: action.port }),
            ...(action.path === undefined
              ? {}
              : action.path.kind === 'full'
                ? { path_redirect: action.path.path }
                : { regex_rewrite: prefixRewrite(match, action.path) }),
          },
          action.origin,
        ),
      }
    case 'forward':
      return { route: forwardOf(route, action, variant, policies, context) }
  }
}

function isDefaultPort({
  scheme,
  port,
}: {
  readonly scheme: string | undefined
  readonly port: number
}): boolean {
  return scheme !== undefined && port === (scheme === 'https' ? 443 : 80)
}

const REDIRECT_CODES = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
} as const

/** `/cart` to `/` leaves `/1` of `/cart/1`, not `//1`. */
function prefixRewrite({ path }: RouteIr['match'], edit: PathEditIr): EnvoyJson {
  const prefix = path?.kind === 'prefix' ? path.path : ''
  const bare = edit.path.replace(/\/$/, '')
  return {
    pattern: regex(`^${escaped(prefix)}(?:/([^?]*))?`),
    substitution: prefix === '' || bare === '' ? `${bare}/\\1` : `${bare}/\\1`,
  }
}

function forwardOf(
  route: RouteIr,
  action: ForwardIr,
  variant: RouteVariant,
  policies: EffectivePolicies,
  { sources, report, clusterOf }: EnvoyRouteContext,
): EnvoyJson {
  const timeouts = policies.TimeoutPolicy
  const requestMs = durationMs(timeouts?.request?.value ?? '15s')!
  const tryMs = durationMs(timeouts?.backendRequest?.value ?? '0s')!
  const retry = retryOf(policies, tryMs, sources)
  const { rewrite, sticky } = action
  return sources.note(
    {
      weighted_clusters: {
        clusters: action.backends.map((backend) =>
          sources.note(
            {
              name: clusterOf(backend.cluster),
              weight: backend.weight,
              ...headerEdits('request', backend.requestHeaders, sources),
              ...headerEdits('response', backend.responseHeaders, sources),
            },
            backend.origin,
          ),
        ),
        ...(sticky === undefined ? {} : { use_hash_policy: true }),
      },
      timeout: seconds(retry === undefined ? shorter(requestMs, tryMs) : requestMs),
      idle_timeout: seconds(durationMs(timeouts?.idle?.value ?? '5m')!),
      ...(rewrite?.hostname === undefined ? {} : { host_rewrite_literal: rewrite.hostname }),
      ...(rewrite?.path === undefined
        ? {}
        : {
            regex_rewrite:
              rewrite.path.kind === 'full'
                ? { pattern: regex('^[^?]*'), substitution: rewrite.path.path.replaceAll('\\', '\\\\') }
                : prefixRewrite(route.match, rewrite.path),
          }),
      ...(retry === undefined ? {} : { retry_policy: retry }),
      ...(sticky === undefined ? {} : { hash_policy: [sources.note(stickyHash(sticky), sticky.origin)] }),
      ...(variant.mirrors.length === 0
        ? {}
        : {
            request_mirror_policies: variant.mirrors.map(({ cluster, share, origin }) =>
              sources.note(
                { cluster: clusterOf(cluster), runtime_fraction: { default_value: fractional(share) } },
                origin,
              ),
            ),
          }),
    },
    route.origin,
    {
      timeout: timeouts?.request?.claim?.origin,
      idle_timeout: timeouts?.idle?.claim?.origin,
      regex_rewrite: rewrite?.origin,
      host_rewrite_literal: rewrite?.origin,
    },
  )

  function stickyHash({ by, name, ttlMs, origin }: NonNullable<ForwardIr['sticky']>): EnvoyJson {
    switch (by) {
      case 'Cookie':
        return { cookie: { name, ttl: seconds(ttlMs ?? 0), path: '/' } }
      case 'Header':
        return { header: { header_name: name?.toLowerCase() } }
      case 'SourceAddress':
        if (action.backends.length === 0)
          report(unsupported(origin, 'there is nobody to stay with', 'backends: …'))
        return { connection_properties: { source_ip: true } }
    }
  }
}

/** 0 is for ever. */
function shorter(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b)
}

const CONDITIONS: Readonly<Record<string, string>> = {
  ConnectFailure: 'connect-failure',
  Reset: 'reset',
  RefusedStream: 'refused-stream',
  GatewayError: 'gateway-error',
  ServerError: '5xx',
  RetriableClientError: 'retriable-4xx',
  GrpcCancelled: 'cancelled',
  GrpcDeadlineExceeded: 'deadline-exceeded',
  GrpcInternal: 'internal',
  GrpcResourceExhausted: 'resource-exhausted',
  GrpcUnavailable: 'unavailable',
}

export function retryOf(
  { RetryPolicy: policy }: EffectivePolicies,
  tryMs: number,
  sources: SourceMap,
): EnvoyJson | undefined {
  const attempts = policy?.attempts?.value ?? 0
  if (!policy || attempts === 0) return undefined
  const codes = policy.codes?.value ?? []
  const backoff = policy.backoff?.value
  const baseMs = durationMs(backoff?.base ?? '25ms')!
  const perTryMs = policy.perTry === undefined ? tryMs : durationMs(policy.perTry.value)!
  return sources.note(
    {
      retry_on: [
        ...(policy.on?.value ?? []).map((reason) => CONDITIONS[reason]!),
        ...(codes.length > 0 ? ['retriable-status-codes'] : []),
      ].join(','),
      num_retries: attempts,
      ...(codes.length === 0 ? {} : { retriable_status_codes: codes }),
      ...(perTryMs === 0 ? {} : { per_try_timeout: seconds(perTryMs) }),
      retry_back_off: {
        base_interval: seconds(baseMs),
        max_interval: seconds(backoff?.max === undefined ? baseMs * 10 : durationMs(backoff.max)!),
      },
    },
    policy.attempts?.claim?.origin,
    {
      retry_on: policy.on?.claim?.origin,
      retriable_status_codes: policy.codes?.claim?.origin,
      per_try_timeout: policy.perTry?.claim?.origin,
      retry_back_off: policy.backoff?.claim?.origin,
    },
  )
}

/** Removed, set, added. */
function headerEdits(
  side: 'request' | 'response',
  edits: readonly HeaderEditIr[],
  sources: SourceMap,
): EnvoyJson {
  if (edits.length === 0) return {}
  const remove = [...new Set(edits.flatMap((edit) => edit.remove))]
  const set = new Map(
    edits.flatMap(({ set: values, origin }) =>
      values.map(({ name, value }) => [name, { value, origin }] as const),
    ),
  )
  const option = (key: string, value: string, action: string, origin: HeaderEditIr['origin']) =>
    sources.note({ header: { key, value: literalValue(value) }, append_action: action }, origin)
  return {
    ...(remove.length === 0 ? {} : { [`${side}_headers_to_remove`]: remove }),
    [`${side}_headers_to_add`]: [
      ...[...set].map(([name, { value, origin }]) =>
        option(name, value, 'OVERWRITE_IF_EXISTS_OR_ADD', origin),
      ),
      ...edits.flatMap(({ add, origin }) =>
        add.map(({ name, value }) => option(name, value, 'APPEND_IF_EXISTS_OR_ADD', origin)),
      ),
    ],
  }
}
