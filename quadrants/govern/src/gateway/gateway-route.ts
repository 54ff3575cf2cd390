import type { EffectivePolicies } from '../ir/effective.ts'
import type { ForwardIr, HeaderEditIr, PathEditIr, RouteIr } from '../ir/route.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import { telemetryProblems } from '../back-end/telemetry-problems.ts'
import { durationMs } from '../policy/schema/units.ts'
import { type GatewayEntry, milliseconds } from './gateway-file.ts'
import { routeFilters } from './gateway-filters.ts'
import { gatewayGuards } from './gateway-guards.ts'
import { gatewayCondition, gatewayMatch } from './gateway-match.ts'

export interface RouteContext {
  readonly sources: SourceMap
  readonly report: (problem: Problem) => void
}

/** A route of a virtual host. */
export function gatewayRoute(route: RouteIr, context: RouteContext): GatewayEntry {
  const { sources, report } = context
  const { policies, problems } = requestPolicies(route)
  for (const problem of problems) report(problem)
  const telemetry = telemetryProblems(
    policies,
    'the gateway has tracing and access logs for all its routes together',
    '`tracing` and `access_logs` of its own file',
  )
  for (const problem of telemetry) report(problem)
  const guards = gatewayGuards(policies, route.cors, sources)
  const filters = routeFilters(route, policies, report)
  const entry: GatewayEntry = {
    name: route.name,
    match: sources.note(gatewayMatch(route.match), route.matchOrigin),
    ...(route.condition && { only: sources.note(gatewayCondition(route.condition), route.condition.origin) }),
    ...actionOf(route, policies, context),
    ...headerEdits('request_headers', route.requestHeaders, sources),
    ...headerEdits('response_headers', route.responseHeaders, sources),
    ...Object.fromEntries(Object.entries(guards).filter(([, guard]) => guard !== undefined)),
    filters,
  }
  return sources.note(entry, route.origin)
}

function actionOf(
  route: RouteIr,
  policies: EffectivePolicies,
  context: RouteContext,
): Record<string, unknown> {
  const { action } = route
  const { sources } = context
  switch (action.kind) {
    case 'respond':
      return { respond: sources.note({ status: action.status }, action.origin) }
    case 'redirect':
      return {
        redirect: sources.note(
          {
            status: action.status,
            ...(action.scheme === undefined ? {} : { https: action.scheme === 'https' }),
            ...(action.hostname === undefined ? {} : { host: action.hostname }),
            port: action.port,
            ...(action.path === undefined ? {} : { rewrite: pathEdit(action.path) }),
          },
          action.origin,
        ),
      }
    case 'forward':
      return { forward: forwardOf(route, action, policies, context) }
  }
}

function forwardOf(
  route: RouteIr,
  action: ForwardIr,
  policies: EffectivePolicies,
  { sources, report }: RouteContext,
) {
  for (const { requestHeaders, responseHeaders } of action.backends)
    for (const { origin } of [...requestHeaders, ...responseHeaders])
      report(
        unsupported(
          origin,
          'the gateway changes headers of all requests of a route, not of one of its backends',
          'move the filter to the rule',
        ),
      )
  const timeouts = policies.TimeoutPolicy
  const requestMs = durationMs(timeouts?.request?.value ?? '15s')!
  const tryMs = durationMs(timeouts?.backendRequest?.value ?? '0s')!
  const retry = retryOf(policies, tryMs, { sources, report })
  const timeoutMs = retry === undefined ? shorter(requestMs, tryMs) : requestMs
  const { rewrite, sticky } = action
  return sources.note(
    {
      clusters: action.backends.map(({ cluster, weight, origin }) =>
        sources.note({ name: cluster, weight }, origin),
      ),
      timeout: milliseconds(timeoutMs),
      idle_timeout: milliseconds(durationMs(timeouts?.idle?.value ?? '5m')!),
      ...(rewrite?.path === undefined ? {} : { rewrite: pathEdit(rewrite.path) }),
      ...(rewrite?.hostname === undefined ? {} : { host_rewrite: { literal: rewrite.hostname } }),
      ...(retry === undefined ? {} : { retry }),
      ...(sticky === undefined
        ? {}
        : { sticky: true, hash: [sources.note(stickyHash(sticky), sticky.origin)] }),
      ...(route.mirrors.length === 0
        ? {}
        : {
            mirrors: route.mirrors.map(({ cluster, share, condition, origin }) =>
              sources.note({ cluster, percent: share * 100, ...gatewayCondition(condition) }, origin),
            ),
          }),
    },
    route.origin,
    {
      timeout: timeouts?.request?.claim?.origin,
      idle_timeout: timeouts?.idle?.claim?.origin,
      rewrite: rewrite?.origin,
      host_rewrite: rewrite?.origin,
    },
  )
}

/** 0 is for ever. */
function shorter(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b)
}

function stickyHash({ by, name, ttlMs }: NonNullable<ForwardIr['sticky']>) {
  switch (by) {
    case 'Cookie':
      return { cookie: { name, ttl: milliseconds(ttlMs ?? 0), path: '/' } }
    case 'Header':
      return { header: name?.toLowerCase() }
    case 'SourceAddress':
      return { source_address: true }
  }
}

const CONDITIONS: Readonly<Record<string, string | undefined>> = {
  ConnectFailure: 'connect-failure',
  Reset: 'reset',
  RefusedStream: 'refused-stream',
  GatewayError: 'gateway-error',
  ServerError: '5xx',
  RetriableClientError: 'retriable-4xx',
}

function retryOf(
  { RetryPolicy: policy }: EffectivePolicies,
  tryMs: number,
  { sources, report }: RouteContext,
) {
  const attempts = policy?.attempts?.value ?? 0
  if (!policy || attempts === 0) return undefined
  const on = policy.on?.value ?? []
  for (const reason of on)
    if (CONDITIONS[reason] === undefined)
      report(
        unsupported(
          policy.on?.claim?.origin ?? policy.attempts!.claim!.origin,
          `the gateway does not try again for ${reason}: it does not wait for trailers`,
          'on: [GatewayError]',
        ),
      )
  const codes = policy.codes?.value ?? []
  const backoff = policy.backoff?.value
  const baseMs = durationMs(backoff?.base ?? '25ms')!
  const perTryMs = policy.perTry === undefined ? tryMs : durationMs(policy.perTry.value)!
  return sources.note(
    {
      on: [
        ...on.flatMap((reason) => CONDITIONS[reason] ?? []),
        ...(codes.length > 0 ? ['retriable-status-codes'] : []),
      ],
      statuses: codes,
      retries: Math.min(attempts, 10),
      per_try_timeout: milliseconds(perTryMs),
      backoff: {
        base: milliseconds(baseMs),
        max: milliseconds(backoff?.max === undefined ? baseMs * 10 : durationMs(backoff.max)!),
      },
      non_idempotent: true,
    },
    policy.attempts?.claim?.origin,
    {
      on: policy.on?.claim?.origin,
      statuses: policy.codes?.claim?.origin,
      per_try_timeout: policy.perTry?.claim?.origin,
      backoff: policy.backoff?.claim?.origin,
    },
  )
}

function pathEdit(edit: PathEditIr) {
  return edit.kind === 'full' ? { path: edit.path } : { prefix: edit.path === '' ? '/' : edit.path }
}

/** Removed, set, added. Of several that set the same header the last counts; several that add one add all of it. */
function headerEdits(
  key: string,
  edits: readonly HeaderEditIr[],
  sources: SourceMap,
): Record<string, unknown> {
  if (edits.length === 0) return {}
  const remove = new Set(edits.flatMap((edit) => edit.remove))
  const set = new Map<string, string>()
  const add = new Map<string, string>()
  for (const edit of edits) {
    for (const { name, value } of edit.set) set.set(name, literal(value))
    for (const { name, value } of edit.add) {
      const before = add.get(name)
      add.set(name, before === undefined ? literal(value) : `${before}, ${literal(value)}`)
    }
  }
  return {
    [key]: sources.note(
      { remove: [...remove], set: Object.fromEntries(set), add: Object.fromEntries(add) },
      edits.at(-1)!.origin,
    ),
  }
}

/** `%` begins an operator in values of the gateway. */
function literal(value: string): string {
  return value.replaceAll('%', '%%')
}
