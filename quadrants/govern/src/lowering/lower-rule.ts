import type { Claim, EffectivePolicies } from '../ir/effective.ts'
import { type Origin, type ResourceKey, within } from '../ir/origin.ts'
import type { ActionIr, BackendIr, ForwardIr, MirrorIr, RouteIr, StickyIr } from '../ir/route.ts'
import type { ResourceOf } from '../policy/document/resource.ts'
import type { HttpFilter } from '../policy/kind/gateway-api/http-filter.ts'
import { GATEWAY_API_GROUP } from '../policy/kind/kind.ts'
import { durationMs } from '../policy/schema/units.ts'
import { type Clusters, serviceSteps } from './clusters.ts'
import { ANY_MATCH, grpcMatchIr, matchIr } from './matches.ts'
import { policyCondition } from './policy-condition.ts'
import { corsOf, headerEdits, pathEdit, rewriteOf } from './rule-filters.ts'
import type { PolicyTable } from './policy-table.ts'
import { type OwnClaims, resolvePolicies, type Step } from './resolve.ts'
import type { OrderedRoute } from './route-order.ts'

export type Route = ResourceOf<'HTTPRoute'> | ResourceOf<'GRPCRoute'>
type HttpRule = ResourceOf<'HTTPRoute'>['spec']['rules'][number]
type GrpcRule = NonNullable<ResourceOf<'GRPCRoute'>['spec']['rules']>[number]
type Backend = NonNullable<HttpRule['backendRefs']>[number] | NonNullable<GrpcRule['backendRefs']>[number]

export interface RuleParts {
  /** Of the gateway and the listener. */
  readonly above: readonly Step[]
  /** Where its requests come in. */
  readonly listenerPort: number
  readonly table: PolicyTable
  readonly clusters: Clusters
}

export function keyOfRoute({ kind, metadata }: Route): ResourceKey {
  return { group: GATEWAY_API_GROUP, kind, namespace: metadata.namespace, name: metadata.name }
}

/** Each match of each rule of a route. */
export function lowerRoute(route: Route, parts: RuleParts): readonly OrderedRoute[] {
  const key = keyOfRoute(route)
  const place = { ...key, section: undefined }
  return (route.spec.rules ?? [{}]).flatMap((rule: HttpRule | GrpcRule, ruleIndex) => {
    const origin: Origin = { resource: key, path: ['spec', 'rules', ruleIndex] }
    const steps: readonly Step[] = [
      ...parts.above,
      { level: 'Route', place },
      {
        level: 'Rule',
        place: { ...place, section: rule.name ?? `#${ruleIndex}` },
        own: ownClaims(rule, origin),
      },
    ]
    return lowerRule({ route, rule, ruleIndex, origin, steps, ...parts })
  })
}

interface RuleInput extends RuleParts {
  readonly route: Route
  readonly rule: HttpRule | GrpcRule
  readonly ruleIndex: number
  readonly origin: Origin
  /** Down to the rule. */
  readonly steps: readonly Step[]
}

function lowerRule(input: RuleInput): readonly OrderedRoute[] {
  const { route, rule, ruleIndex, origin, steps, table } = input
  const policies = resolvePolicies(steps, table)
  const filters = rule.filters ?? []
  const filtersOrigin = within(origin, 'filters')
  const action = actionOf(input, filters, filtersOrigin)
  const shared = {
    kind: route.kind,
    route: keyOfRoute(route),
    ruleIndex,
    ruleName: rule.name,
    origin,
    requestHeaders: headerEdits(filters, filtersOrigin, 'request', policies),
    responseHeaders: headerEdits(filters, filtersOrigin, 'response', policies),
    mirrors: mirrorsOf(input, filters, filtersOrigin, policies),
    cors: corsOf(filters, filtersOrigin),
    extensions: filters.flatMap((filter, index) =>
      filter.type === 'ExtensionRef'
        ? [
            {
              policy: {
                group: filter.extensionRef.group,
                kind: filter.extensionRef.kind,
                namespace: route.metadata.namespace,
                name: filter.extensionRef.name,
              },
              origin: within(filtersOrigin, index, 'extensionRef'),
            },
          ]
        : [],
    ),
    policies,
  } as const
  noteKeys(input, policies)
  const split = action.kind === 'forward' ? splitOf(input, action, policies) : undefined
  const matches = matchesOf(route, rule)
  return matches.flatMap(({ match, index }) => {
    const { namespace, name } = route.metadata
    const routeName = `${route.kind === 'HTTPRoute' ? 'http' : 'grpc'}/${namespace}/${name}/${ruleIndex}/${index}`
    const matchOrigin = rule.matches === undefined ? origin : within(origin, 'matches', index)
    const ordered = (ir: Pick<RouteIr, 'name' | 'action' | 'condition'>): OrderedRoute => ({
      ir: { ...shared, match, matchOrigin, ...ir },
      resource: route,
      ruleIndex,
      matchIndex: index,
    })
    if (split === undefined) return [ordered({ name: routeName, action, condition: undefined })]
    if (split.condition === undefined)
      return [ordered({ name: routeName, action: split.action, condition: undefined })]
    return [
      ordered({ name: `${routeName}/split`, action: split.action, condition: split.condition }),
      ordered({ name: routeName, action, condition: undefined }),
    ]
  })
}

function matchesOf(route: Route, rule: HttpRule | GrpcRule) {
  const { matches = [] } = rule
  if (matches.length === 0) return [{ match: ANY_MATCH, index: 0 }]
  return matches.map((match, index) => ({
    match:
      route.kind === 'HTTPRoute'
        ? matchIr(match as HttpRule['matches'][number])
        : grpcMatchIr(match as NonNullable<GrpcRule['matches']>[number]),
    index,
  }))
}

/** What the rule itself says of timeouts and of trying again. */
function ownClaims(rule: HttpRule | GrpcRule, origin: Origin): readonly OwnClaims[] {
  const claim = (value: unknown, ...path: readonly string[]): Claim => ({
    value,
    level: 'Rule',
    part: 'spec',
    origin: within(origin, ...path),
  })
  const own: OwnClaims[] = []
  if ('timeouts' in rule && rule.timeouts) {
    const { request, backendRequest } = rule.timeouts
    const claims = new Map<string, Claim>()
    if (request !== undefined) claims.set('request', claim(request, 'timeouts', 'request'))
    if (backendRequest !== undefined)
      claims.set('backendRequest', claim(backendRequest, 'timeouts', 'backendRequest'))
    own.push({ policyKind: 'TimeoutPolicy', claims })
  }
  if ('retry' in rule && rule.retry) {
    const { codes, attempts, backoff } = rule.retry
    const claims = new Map<string, Claim>([['attempts', claim(attempts, 'retry', 'attempts')]])
    if (codes !== undefined) claims.set('codes', claim(codes, 'retry', 'codes'))
    if (backoff !== undefined) claims.set('backoff', claim({ base: backoff }, 'retry', 'backoff'))
    own.push({ policyKind: 'RetryPolicy', claims })
  }
  return own
}

function actionOf(input: RuleInput, filters: readonly HttpFilter[], filtersOrigin: Origin): ActionIr {
  const { route, rule, origin, listenerPort } = input
  for (const [index, filter] of filters.entries())
    if (filter.type === 'RequestRedirect') {
      const { scheme, hostname, path, port, statusCode } = filter.requestRedirect
      return {
        kind: 'redirect',
        status: statusCode,
        scheme,
        hostname,
        port: port ?? (scheme === undefined ? listenerPort : scheme === 'https' ? 443 : 80),
        path: path && pathEdit(path),
        origin: within(filtersOrigin, index, 'requestRedirect'),
      }
    }
  const backends = backendsOf(
    input,
    rule.backendRefs ?? [],
    within(origin, 'backendRefs'),
    route.metadata.namespace,
  )
  if (backends.every(({ weight }) => weight === 0))
    return {
      kind: 'respond',
      status: 500,
      grpcStatus: route.kind === 'GRPCRoute' ? GRPC_UNAVAILABLE : undefined,
      origin: rule.backendRefs === undefined ? origin : within(origin, 'backendRefs'),
    }
  return { kind: 'forward', backends, rewrite: rewriteOf(filters, filtersOrigin), sticky: undefined }
}

const GRPC_UNAVAILABLE = 14

function backendsOf(
  { route, steps, table, clusters }: RuleInput,
  references: readonly Backend[],
  origin: Origin,
  home: string,
): readonly BackendIr[] {
  return references.map((reference, index) => {
    const own = within(origin, index)
    const service = clusters.serviceOf(reference, home)
    const filters = 'filters' in reference ? (reference.filters ?? []) : []
    const filtersOrigin = within(own, 'filters')
    return {
      cluster: clusters.refer(reference, home, own, route.kind === 'GRPCRoute'),
      weight: reference.weight,
      origin: own,
      requestHeaders: headerEdits(filters, filtersOrigin, 'request', {}),
      responseHeaders: headerEdits(filters, filtersOrigin, 'response', {}),
      otherFilters: filters.flatMap(({ type }, at) =>
        type === 'RequestHeaderModifier' || type === 'ResponseHeaderModifier'
          ? []
          : [{ type, origin: within(filtersOrigin, at, 'type') }],
      ),
      policies: resolvePolicies([...steps, ...serviceSteps(reference, home, service)], table),
    }
  })
}

function mirrorsOf(
  { route, clusters }: RuleInput,
  filters: readonly HttpFilter[],
  filtersOrigin: Origin,
  { MirrorPolicy }: EffectivePolicies,
): readonly MirrorIr[] {
  const isGrpc = route.kind === 'GRPCRoute'
  const own = filters.flatMap((filter, index): readonly MirrorIr[] => {
    if (filter.type !== 'RequestMirror') return []
    const origin = within(filtersOrigin, index, 'requestMirror')
    const { backendRef, percent, fraction } = filter.requestMirror
    const cluster = clusters.refer(backendRef, route.metadata.namespace, within(origin, 'backendRef'), isGrpc)
    return [{ cluster, share: shareOf(percent, fraction), condition: undefined, origin }]
  })
  const decided = MirrorPolicy?.mirrors
  if (!MirrorPolicy || !decided?.claim) return own
  const { origin } = decided.claim
  const condition = policyCondition(MirrorPolicy)
  return [
    ...own,
    ...decided.value.map(({ backendRef, percent, fraction }, index): MirrorIr => {
      const at = within(origin, index)
      const cluster = clusters.refer(backendRef, origin.resource.namespace, within(at, 'backendRef'), isGrpc)
      return { cluster, share: shareOf(percent, fraction), condition, origin: at }
    }),
  ]
}

function shareOf(
  percent: number | undefined,
  fraction: { readonly numerator: number; readonly denominator: number } | undefined,
): number {
  if (percent !== undefined) return percent / 100
  return fraction === undefined ? 1 : fraction.numerator / fraction.denominator
}

function splitOf(input: RuleInput, action: ForwardIr, { TrafficSplitPolicy: policy }: EffectivePolicies) {
  if (!policy) return undefined
  const { backends, sticky } = policy
  const condition = policyCondition(policy)
  const claim = backends?.claim
  const stickyIr: StickyIr | undefined = sticky?.claim && {
    by: sticky.value.type,
    name: sticky.value.name,
    ttlMs: sticky.value.ttl === undefined ? undefined : durationMs(sticky.value.ttl),
    origin: sticky.claim.origin,
  }
  const chosen =
    claim && backends
      ? backendsOf(input, backends.value, claim.origin, claim.origin.resource.namespace)
      : action.backends
  return { condition, action: { ...action, backends: chosen, sticky: stickyIr } satisfies ForwardIr }
}

/** Those who are asked for keys of tokens are clusters too. */
function noteKeys({ clusters }: RuleInput, { JwtPolicy }: EffectivePolicies): void {
  const providers = JwtPolicy?.providers
  if (!providers?.claim) return
  const { origin } = providers.claim
  for (const [index, { keys }] of providers.value.entries())
    if (keys.type === 'Remote')
      clusters.refer(
        keys.remote.backendRef,
        origin.resource.namespace,
        within(origin, index, 'keys', 'remote', 'backendRef'),
        false,
      )
}
