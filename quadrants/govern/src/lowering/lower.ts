import type {
  GatewayIr,
  Ir,
  ListenerIr,
  ListenerTlsIr,
  MeshServiceIr,
  SecretIr,
  UnservedIr,
  VirtualHostIr,
} from '../ir/gateway.ts'
import { type Origin, type ResourceKey, within } from '../ir/origin.ts'
import type { ForeignObject, ResourceOf } from '../policy/document/resource.ts'
import { GATEWAY_API_GROUP } from '../policy/kind/kind.ts'
import type { ParentReference } from '../policy/kind/reference.ts'
import { listenerRefusal } from '../policy/semantic/listener-admission.ts'
import { Clusters, serviceSteps } from './clusters.ts'
import { commonHostnames, compareHostnames, isNarrower } from './hostnames.ts'
import { lowerRoute, type Route, type RuleParts } from './lower-rule.ts'
import { PolicyTable } from './policy-table.ts'
import { resolvePolicies, type Step } from './resolve.ts'
import { compareRoutes, type OrderedRoute } from './route-order.ts'
import type { World } from './world.ts'

type Gateway = ResourceOf<'Gateway'>
type Listener = Gateway['spec']['listeners'][number]

/** Gateways of this class are ours. */
export const GATEWAY_CLASS = 'quadrant'

/** What resources mean together. The same resources always give the same. */
export function lower(world: World): Ir {
  const table = new PolicyTable(world.resources)
  const routes = world.resources.filter(
    (resource): resource is Route => resource.kind === 'HTTPRoute' || resource.kind === 'GRPCRoute',
  )
  const services = new Map(world.services.map((service) => [`${service.namespace}/${service.name}`, service]))
  const serviceOf = (namespace: string, name: string) => services.get(`${namespace}/${name}`)
  return {
    gateways: world.resources.flatMap((resource) =>
      resource.kind === 'Gateway' && resource.spec.gatewayClassName === GATEWAY_CLASS
        ? [lowerGateway(resource, routes, { world, table, serviceOf })]
        : [],
    ),
    services: world.services
      .filter(({ group, kind }) => group === '' && kind === 'Service')
      .flatMap((service) =>
        service.ports.map(({ port }) => lowerService(service, port, routes, { world, table, serviceOf })),
      ),
  }
}

interface Parts {
  readonly world: World
  readonly table: PolicyTable
  readonly serviceOf: (namespace: string, name: string) => ForeignObject | undefined
}

function lowerGateway(gateway: Gateway, routes: readonly Route[], parts: Parts): GatewayIr {
  const { namespace, name } = gateway.metadata
  const key: ResourceKey = { group: GATEWAY_API_GROUP, kind: 'Gateway', namespace, name }
  const above: readonly Step[] = [{ level: 'Gateway', place: { ...key, section: undefined } }]
  const clusters = new Clusters(above, parts.table, parts.serviceOf)
  const listeners = gateway.spec.listeners.flatMap((listener, index): readonly ListenerIr[] => {
    const { protocol } = listener
    if (protocol !== 'HTTP' && protocol !== 'HTTPS') return []
    const origin: Origin = { resource: key, path: ['spec', 'listeners', index] }
    const steps: readonly Step[] = [
      ...above,
      { level: 'Listener', place: { ...key, section: listener.name } },
    ]
    return [
      {
        name: listener.name,
        port: listener.port,
        protocol,
        hostname: listener.hostname,
        tls: protocol === 'HTTPS' ? tlsOf(gateway, listener, origin) : undefined,
        virtualHosts: virtualHosts(
          gateway,
          listener,
          routes,
          { above: steps, listenerPort: listener.port, table: parts.table, clusters },
          parts,
        ),
        origin,
        policies: resolvePolicies(steps, parts.table),
      },
    ]
  })
  return {
    gateway: key,
    origin: { resource: key, path: ['metadata', 'name'] },
    listeners: listeners.map((listener) => withoutNarrower(listener, listeners)),
    clusters: clusters.all,
    unserved: unservedOf(gateway, key),
  }
}

function unservedOf({ spec }: Gateway, key: ResourceKey): readonly UnservedIr[] {
  const at = (...path: Origin['path']): Origin => ({ resource: key, path: ['spec', ...path] })
  return [
    ...spec.listeners.flatMap(({ protocol }, index): readonly UnservedIr[] =>
      protocol === 'HTTP' || protocol === 'HTTPS'
        ? []
        : [
            {
              what: `listens for ${protocol}`,
              origin: at('listeners', index, 'protocol'),
              fix: 'protocol: HTTPS, or a listener of another class',
            },
          ],
    ),
    ...(spec.tls?.backend?.clientCertificateRef === undefined
      ? []
      : [
          {
            what: 'shows certificates of gateways to backends',
            origin: at('tls', 'backend', 'clientCertificateRef'),
            fix: 'remove tls.backend',
          },
        ]),
  ]
}

/** Requests for the hostname of a listener are those of no wider one on the same port (Gateway API, `Listener.hostname`). */
function withoutNarrower(listener: ListenerIr, all: readonly ListenerIr[]): ListenerIr {
  const own = listener.hostname ?? '*'
  const narrower = all.flatMap(({ port, protocol, hostname }) =>
    port === listener.port &&
    protocol === listener.protocol &&
    hostname !== undefined &&
    isNarrower(hostname, own)
      ? [hostname]
      : [],
  )
  const isOthers = (hostname: string) =>
    narrower.some((other) => hostname === other || isNarrower(hostname, other))
  return {
    ...listener,
    virtualHosts: listener.virtualHosts.filter(({ hostname }) => !isOthers(hostname)),
  }
}

function virtualHosts(
  gateway: Gateway,
  listener: Listener,
  routes: readonly Route[],
  rules: RuleParts,
  { world }: Parts,
): readonly VirtualHostIr[] {
  const byHost = new Map<string, OrderedRoute[]>()
  for (const route of routes) {
    if (!isAttached(route, gateway, listener)) continue
    if (listenerRefusal(route, gateway.metadata.namespace, listener, world.namespaceLabels) !== undefined)
      continue
    const hostnames = commonHostnames(listener.hostname, route.spec.hostnames)
    if (hostnames.length === 0) continue
    const lowered = lowerRoute(route, rules)
    for (const hostname of hostnames) byHost.set(hostname, [...(byHost.get(hostname) ?? []), ...lowered])
  }
  const narrowFirst = [...byHost].toSorted(([a], [b]) => compareHostnames(a, b))
  for (const [, ordered] of narrowFirst) ordered.sort(compareRoutes)
  return narrowFirst
    .map(([hostname, ordered]): VirtualHostIr => {
      // What no route of this hostname has, routes of wider ones may have.
      const wider = narrowFirst.flatMap(([other, more]) => (isNarrower(hostname, other) ? more : []))
      const names = new Set<string>()
      const all = [...ordered, ...wider].filter(({ ir }) => !names.has(ir.name) && names.add(ir.name))
      return { hostname, routes: all.map(({ ir }) => ir) }
    })
    .toSorted((a, b) => (a.hostname < b.hostname ? -1 : 1))
}

function isAttached(route: Route, gateway: Gateway, listener: Listener): boolean {
  return (route.spec.parentRefs ?? []).some(
    ({ group, kind, namespace, name, sectionName, port }: ParentReference) =>
      group === GATEWAY_API_GROUP &&
      kind === 'Gateway' &&
      name === gateway.metadata.name &&
      (namespace ?? route.metadata.namespace) === gateway.metadata.namespace &&
      (sectionName === undefined || sectionName === listener.name) &&
      (port === undefined || port === listener.port),
  )
}

function tlsOf(gateway: Gateway, { tls, port }: Listener, origin: Origin): ListenerTlsIr {
  const { namespace } = gateway.metadata
  const key = origin.resource
  const certificates = (tls?.certificateRefs ?? []).map((reference, index): SecretIr => ({
    secret: {
      group: reference.group,
      kind: reference.kind,
      namespace: reference.namespace ?? namespace,
      name: reference.name,
    },
    origin: within(origin, 'tls', 'certificateRefs', index),
  }))
  const frontend = gateway.spec.tls?.frontend
  const perPort = frontend?.perPort?.findIndex((one) => one.port === port) ?? -1
  const path = perPort === -1 ? ['default'] : ['perPort', perPort, 'tls']
  const validation =
    perPort === -1 ? frontend?.default.validation : frontend?.perPort?.[perPort]?.tls.validation
  const at: Origin = { resource: key, path: ['spec', 'tls', 'frontend', ...path, 'validation'] }
  return {
    certificates,
    clientValidation: validation && {
      authorities: validation.caCertificateRefs.map((reference, index) => ({
        secret: {
          group: reference.group,
          kind: reference.kind,
          namespace: reference.namespace ?? namespace,
          name: reference.name,
        },
        origin: within(at, 'caCertificateRefs', index),
      })),
      isRequired: validation.mode === 'AllowValidOnly',
      origin: at,
    },
  }
}

/** For clients that have no gateway in between: routes of the service, or all to itself (GAMMA, GEP-1294). */
function lowerService(
  service: ForeignObject,
  port: number,
  routes: readonly Route[],
  parts: Parts,
): MeshServiceIr {
  const { group, kind, namespace, name } = service
  const key: ResourceKey = { group, kind, namespace, name }
  const clusters = new Clusters([], parts.table, parts.serviceOf)
  const rules: RuleParts = { above: [], listenerPort: port, table: parts.table, clusters }
  const attached = routes.filter((route) =>
    (route.spec.parentRefs ?? []).some(
      (parent) =>
        parent.group === group &&
        parent.kind === kind &&
        parent.name === name &&
        (parent.namespace ?? route.metadata.namespace) === namespace &&
        (parent.port === undefined || parent.port === port),
    ),
  )
  const origin: Origin = { resource: key, path: ['metadata', 'name'] }
  const lowered = attached
    .flatMap((route) => lowerRoute(route, rules))
    .toSorted(compareRoutes)
    .map(({ ir }) => ir)
  const reference = { group, kind, namespace, name, port }
  return {
    service: key,
    port,
    routes: lowered,
    clusters:
      lowered.length > 0 ? clusters.all : (clusters.refer(reference, namespace, origin, false), clusters.all),
    origin,
    policies: resolvePolicies(serviceSteps(reference, namespace, service), parts.table),
  }
}
