import { checkGateway } from '../config/check-gateway.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import type { ClusterSpec } from '../config/cluster-spec.ts'
import type { RouteSpec, VirtualHostSpec } from '../config/route-spec.ts'

/** A gateway as its file says it; what is wrong with the file fails the test. */
export function gatewayOf(source: string): GatewaySpec {
  const { value, diagnostics } = checkGateway(source)
  if (!value) throw new Error(diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n'))
  return value
}

const LISTENERS = 'listeners: [{ name: web, address: 127.0.0.1:8080 }]\n'

/** @param routes in YAML, such as `[{ name: a, match: { path: / }, respond: }]` */
export function virtualHostOf(routes: string, more = "domains: ['*']"): VirtualHostSpec {
  const clusters = ['a', 'b', 'c'].map((name) => `{ name: ${name}, endpoints: [127.0.0.1:1] }`).join(', ')
  const spec = gatewayOf(
    `${LISTENERS}clusters: [${clusters}]\nvirtual_hosts: [{ name: host, ${more}, routes: ${routes} }]`,
  )
  return spec.virtualHosts[0]!
}

/** @param rest what the route has besides its name, in YAML */
export function routeSpecOf(rest: string): RouteSpec {
  return virtualHostOf(`[{ name: route, ${rest} }]`).routes[0]!
}

/** @param rest what the cluster has besides its name, in YAML */
export function clusterOf(rest: string): ClusterSpec {
  return gatewayOf(`${LISTENERS}clusters: [{ name: cluster, ${rest} }]`).clusters[0]!
}
