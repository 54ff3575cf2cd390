import type { ClusterIr, MeshServiceIr } from '../ir/gateway.ts'
import type { ForwardIr, RouteIr } from '../ir/route.ts'
import { SourceMap } from '../ir/source-map.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import { durationMs } from '../policy/schema/units.ts'
import { type EnvoyOutput, type EnvoyResource, ENVOY_TYPES } from './compile-envoy.ts'
import { ADS, envoyCluster } from './envoy-cluster.ts'
import { anyOf, type EnvoyJson, seconds } from './envoy-json.ts'
import { routeMatch } from './envoy-match.ts'
import { retryOf } from './envoy-route.ts'

/** Who sees resources of services: gRPC clients without a proxy. */
export const MESH_VIEW = 'mesh'

const ALL = { headers: [], query: [] }

/**
 * What gRPC clients without a proxy have of a service, by gRFC A27 and A28, as `xds:///cart.shop:8080`: a listener for the
 * name, routes, clusters. What gRPC does not know is a problem, where a policy asks for it.
 */
export function compileProxyless(service: MeshServiceIr): {
  readonly value: EnvoyOutput | undefined
  readonly problems: readonly Problem[]
} {
  const sources = new SourceMap()
  const problems: Problem[] = []
  const { namespace, name } = service.service
  const routeName = `mesh/${namespace}/${name}/${service.port}`
  const target = `${name}.${namespace}:${service.port}`
  const routes = service.routes.map((route) => routeOf(route, sources, problems))
  const [own] = service.clusters
  const resources: EnvoyResource[] = [
    ...service.clusters.map((cluster) => clusterOf(cluster, sources)),
    {
      type: ENVOY_TYPES.route,
      name: routeName,
      message: sources.note(
        {
          name: routeName,
          virtual_hosts: [
            {
              name: target,
              domains: ['*'],
              routes:
                routes.length > 0 || own === undefined
                  ? routes
                  : [{ match: { prefix: '' }, route: { cluster: meshName(own.name) } }],
            },
          ],
        },
        service.origin,
      ),
    },
    {
      type: ENVOY_TYPES.listener,
      name: target,
      message: sources.note(
        {
          name: target,
          api_listener: {
            api_listener: anyOf(
              'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              {
                stat_prefix: target,
                rds: { route_config_name: routeName, config_source: ADS },
                http_filters: [
                  {
                    name: 'envoy.filters.http.router',
                    typed_config: anyOf('envoy.extensions.filters.http.router.v3.Router'),
                  },
                ],
              },
            ),
          },
        },
        service.origin,
      ),
    },
  ]
  return problems.length > 0 ? { value: undefined, problems } : { value: { resources, sources }, problems }
}

function meshName(cluster: string): string {
  return `mesh/${cluster}`
}

function clusterOf(cluster: ClusterIr, sources: SourceMap): EnvoyResource {
  const name = meshName(cluster.name)
  return { type: ENVOY_TYPES.cluster, name, message: envoyCluster(name, cluster, sources) }
}

function routeOf(route: RouteIr, sources: SourceMap, problems: Problem[]): EnvoyJson {
  const { policies, problems: found } = requestPolicies(route)
  problems.push(...found)
  for (const [kind, rules] of Object.entries(policies)) {
    if (KNOWN.has(kind)) continue
    for (const { claim } of Object.values(
      rules as Record<string, { readonly claim: { readonly origin: Problem['origin'] } | undefined }>,
    ))
      if (claim)
        problems.push(
          unsupported(claim.origin, `gRPC clients without a proxy know no ${kind}`, 'target a Gateway'),
        )
  }
  const { action, match, condition, requestHeaders, responseHeaders, mirrors, extensions, cors } = route
  for (const { origin } of [
    ...requestHeaders,
    ...responseHeaders,
    ...mirrors,
    ...extensions,
    ...(cors ? [cors] : []),
    ...(action.kind === 'forward' ? onTheWay(action) : []),
    ...(condition ? [condition] : []),
  ])
    problems.push(
      unsupported(
        origin,
        'gRPC clients without a proxy choose among backends, and no more',
        'target a Gateway',
      ),
    )
  if (action.kind !== 'forward') {
    problems.push(
      unsupported(
        action.origin,
        'gRPC clients without a proxy can only be sent to backends',
        'backendRefs: …',
      ),
    )
    return {}
  }
  const timeoutMs = durationMs(policies.TimeoutPolicy?.request?.value ?? '0s')!
  const isSaid = policies.TimeoutPolicy?.request?.claim !== undefined
  const retry = retryOf(policies, 0, sources)
  return sources.note(
    {
      match: sources.note(routeMatch(match, ALL), route.matchOrigin),
      route: {
        weighted_clusters: {
          clusters: action.backends.map(({ cluster, weight, origin }) =>
            sources.note({ name: meshName(cluster), weight }, origin),
          ),
        },
        ...(isSaid ? { max_stream_duration: { max_stream_duration: seconds(timeoutMs) } } : {}),
        ...(retry === undefined ? {} : { retry_policy: retry }),
      },
    },
    route.origin,
  )
}

/** What would be done to requests and answers between client and backend. */
function onTheWay({
  backends,
  rewrite,
  sticky,
}: ForwardIr): readonly { readonly origin: Problem['origin'] }[] {
  return [
    ...backends.flatMap(({ requestHeaders, responseHeaders }) => [...requestHeaders, ...responseHeaders]),
    ...(rewrite ? [rewrite] : []),
    ...(sticky ? [sticky] : []),
  ]
}

/** What gRPC has (gRFC A31, A32, A44), and what is about connections of proxies alone. */
const KNOWN: ReadonlySet<string> = new Set(['TimeoutPolicy', 'RetryPolicy', 'CircuitBreakerPolicy'])
