import type { GatewayIr, ListenerIr } from '../ir/gateway.ts'
import { within } from '../ir/origin.ts'
import { SourceMap } from '../ir/source-map.ts'
import { filtersOf } from '../back-end/placed-filter.ts'
import { type Problem, unservedProblems, unsupported } from '../back-end/problem.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import { rbacFilters } from './envoy-authorization.ts'
import { envoyCluster } from './envoy-cluster.ts'
import { CORS_FILTER, FAULT_FILTER } from './envoy-fault.ts'
import { anyOf, type EnvoyJson } from './envoy-json.ts'
import { envoyListener } from './envoy-listener.ts'
import { rateLimitFilter, rateLimitFilterName } from './envoy-rate-limit.ts'
import { envoyRoutes } from './envoy-route.ts'
import { TokenRequirements } from './envoy-tokens.ts'
import { type ModuleLocation, wasmFilter, wasmFilterName } from './envoy-wasm.ts'

export interface CompileEnvoyOptions {
  /** Where Envoy finds the module of a release. Default: nowhere, and a filter is a problem. */
  readonly moduleOf?: (release: string, digest: string | undefined) => ModuleLocation | undefined
  /** Where it listens. Default: `0.0.0.0`. */
  readonly address?: string
}

/** A message of a type that xDS serves, as JSON. */
export interface EnvoyResource {
  readonly type: EnvoyResourceType
  readonly name: string
  readonly message: EnvoyJson
}

export const ENVOY_TYPES = {
  listener: 'envoy.config.listener.v3.Listener',
  route: 'envoy.config.route.v3.RouteConfiguration',
  cluster: 'envoy.config.cluster.v3.Cluster',
} as const
export type EnvoyResourceType = (typeof ENVOY_TYPES)[keyof typeof ENVOY_TYPES]

export interface EnvoyOutput {
  readonly resources: readonly EnvoyResource[]
  /** Where each field comes from. */
  readonly sources: SourceMap
}

/** Who is to see resources of a gateway: proxies that are admitted to it. */
export function gatewayView({ gateway: { namespace, name } }: Pick<GatewayIr, 'gateway'>): string {
  return `gateway/${namespace}/${name}`
}

/** Listeners, routes and clusters of the Envoys that are a Gateway. */
export function compileEnvoy(
  gateway: GatewayIr,
  { moduleOf = () => undefined, address = '0.0.0.0' }: CompileEnvoyOptions = {},
): { readonly value: EnvoyOutput | undefined; readonly problems: readonly Problem[] } {
  const sources = new SourceMap()
  const problems: Problem[] = [...unservedProblems(gateway)]
  const report = (problem: Problem) => void problems.push(problem)
  const view = gatewayView(gateway)
  const clusterOf = (name: string) => `${view}/${name}`
  const resources: EnvoyResource[] = gateway.clusters.map((cluster) => ({
    type: ENVOY_TYPES.cluster,
    name: clusterOf(cluster.name),
    message: envoyCluster(clusterOf(cluster.name), cluster, sources),
  }))
  for (const [port, group] of Map.groupBy(gateway.listeners, (listener) => listener.port)) {
    const managerOf = (listeners: readonly ListenerIr[]) => {
      const tokens = new TokenRequirements(sources, clusterOf)
      const routeName = `${view}/${listeners.map(({ name }) => name).join('.')}/${port}`
      const message = routeConfiguration(routeName, listeners, { sources, report, tokens, clusterOf })
      resources.push({ type: ENVOY_TYPES.route, name: routeName, message })
      return { routeName, filters: httpFilters(listeners, tokens, { moduleOf, sources, report }) }
    }
    const name = `${view}/${port}`
    const message = envoyListener({ name, address, group, managerOf, sources, report })
    resources.push({ type: ENVOY_TYPES.listener, name, message })
  }
  const unique = [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
  return unique.length > 0
    ? { value: undefined, problems: unique }
    : { value: { resources, sources }, problems: [] }
}

type RouteParts = Parameters<typeof envoyRoutes>[1]

function routeConfiguration(name: string, listeners: readonly ListenerIr[], context: RouteParts): EnvoyJson {
  const { sources } = context
  return sources.note(
    {
      name,
      ignore_port_in_host_matching: true,
      virtual_hosts: listeners.flatMap((listener) => {
        const hosts = listener.virtualHosts.map(({ hostname, routes }) =>
          sources.note(
            {
              name: `${listener.name}/${hostname}`,
              domains: [hostname],
              routes: routes.flatMap((route) => envoyRoutes(route, context)),
            },
            listener.origin,
          ),
        )
        const own = listener.hostname ?? '*'
        // What of its hostname no route has is not found there, and not elsewhere.
        return listener.virtualHosts.some(({ hostname }) => hostname === own)
          ? hosts
          : [...hosts, sources.note({ name: `${listener.name}/${own}`, domains: [own] }, listener.origin)]
      }),
    },
    listeners[0]!.origin,
  )
}

interface FilterParts {
  readonly moduleOf: NonNullable<CompileEnvoyOptions['moduleOf']>
  readonly sources: SourceMap
  readonly report: (problem: Problem) => void
}

/** In the order in which policies decide: docs/reference/policy-semantics.md. */
function httpFilters(
  listeners: readonly ListenerIr[],
  tokens: TokenRequirements,
  { moduleOf, sources, report }: FilterParts,
): readonly EnvoyJson[] {
  const policies = listeners
    .flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ routes }) => routes))
    .map((route) => requestPolicies(route).policies)
  const limits = new Map<string, EnvoyJson>()
  const modules = new Map<string, { readonly order: number; readonly filter: EnvoyJson }>()
  for (const effective of policies) {
    const { RateLimitPolicy } = effective
    if (RateLimitPolicy?.limits?.claim) {
      const name = rateLimitFilterName(RateLimitPolicy.limits.claim)
      const filter = limits.has(name) ? undefined : rateLimitFilter(RateLimitPolicy, sources, report)
      if (filter) limits.set(name, filter)
    }
    for (const placed of filtersOf(effective)) {
      const name = wasmFilterName(placed)
      if (modules.has(name)) continue
      if (placed.filter.limits !== undefined)
        report(
          unsupported(
            within(placed.origin, 'limits'),
            'Envoy has no limits for what a filter takes',
            'remove limits, or leave the filter to gateways of Quadrant',
          ),
        )
      const location = moduleOf(placed.filter.release, placed.filter.digest)
      if (location === undefined)
        report(
          unsupported(
            placed.origin,
            `Envoy is told of no module for the release ${placed.filter.release}`,
            'push the filter, or leave it to gateways of Quadrant',
          ),
        )
      else modules.set(name, { order: placed.filter.order, filter: wasmFilter(placed, location, sources) })
    }
  }
  const jwt = tokens.filter()
  return [
    { name: CORS_FILTER, typed_config: anyOf('envoy.extensions.filters.http.cors.v3.Cors') },
    ...(jwt ? [jwt] : []),
    ...rbacFilters(),
    ...limits.values(),
    { name: FAULT_FILTER, typed_config: anyOf('envoy.extensions.filters.http.fault.v3.HTTPFault') },
    ...[...modules.values()].toSorted((a, b) => a.order - b.order).map(({ filter }) => filter),
    {
      name: 'envoy.filters.http.router',
      typed_config: anyOf('envoy.extensions.filters.http.router.v3.Router'),
    },
  ]
}
