import type { GatewayIr, ListenerIr, SecretIr } from '../ir/gateway.ts'
import { SourceMap } from '../ir/source-map.ts'
import { type Problem, unservedProblems, unsupported } from '../back-end/problem.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import type { GatewayEntry, GatewayFile } from './gateway-file.ts'
import { type BackendEndpoint, gatewayCluster } from './gateway-cluster.ts'
import { filterName, filtersOf } from '../back-end/placed-filter.ts'
import { gatewayFilter } from './gateway-filters.ts'
import { gatewayRoute } from './gateway-route.ts'

export interface CompileGatewayOptions {
  /** Of a cluster, such as `shop/cart/8080`. Default: none. */
  readonly endpointsOf?: (cluster: string) => readonly BackendEndpoint[]
  /** Paths of PEM files with a chain and its key. Default: they are called after the Secret. */
  readonly certificateOf?: (secret: SecretIr) => { readonly certFile: string; readonly keyFile: string }
  /** The path of a PEM file with who has to have signed certificates of clients. */
  readonly authorityOf?: (secret: SecretIr) => string
  /** Where it listens. Default: `0.0.0.0`. */
  readonly address?: string
}

export interface GatewayOutput {
  readonly file: GatewayFile
  /** Where each field comes from. */
  readonly sources: SourceMap
}

/** The file of the gateway that does what a Gateway and all that is attached to it say. */
export function compileGateway(
  gateway: GatewayIr,
  {
    endpointsOf = () => [],
    certificateOf = defaultCertificate,
    authorityOf = defaultAuthority,
    address = '0.0.0.0',
  }: CompileGatewayOptions = {},
): { readonly value: GatewayOutput | undefined; readonly problems: readonly Problem[] } {
  const sources = new SourceMap()
  const problems: Problem[] = [...unservedProblems(gateway)]
  const context = { sources, report: (problem: Problem) => problems.push(problem) }
  const ports = Map.groupBy(gateway.listeners, ({ port }) => port)
  const listeners: GatewayEntry[] = []
  const virtualHosts: GatewayEntry[] = []
  const filters = new Map<string, GatewayEntry>()
  for (const [port, group] of ports) {
    const hosts = group.flatMap((listener) => hostsOf(listener, context))
    virtualHosts.push(...hosts)
    const names = new Set<string>()
    for (const route of group.flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ routes }) => routes)))
      for (const placed of filtersOf(requestPolicies(route).policies)) {
        const name = filterName(placed)
        names.add(name)
        if (!filters.has(name)) filters.set(name, gatewayFilter(placed, sources))
      }
    listeners.push(
      sources.note(
        {
          name: group.map(({ name }) => name).join('.'),
          address: `${address}:${port}`,
          virtual_hosts: hosts.map(({ name }) => name),
          ...(names.size === 0 ? {} : { filters: [...names] }),
          ...tlsOf(group, { certificateOf, authorityOf }, context),
        },
        group[0]!.origin,
      ),
    )
  }
  const file: GatewayFile = {
    listeners,
    virtual_hosts: virtualHosts,
    clusters: gateway.clusters.map((cluster) =>
      gatewayCluster(cluster, { endpoints: endpointsOf(cluster.name) }, sources),
    ),
    ...(filters.size === 0 ? {} : { filters: [...filters.values()] }),
  }
  const unique = [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
  return unique.length > 0
    ? { value: undefined, problems: unique }
    : { value: { file: sources.note(file, gateway.origin), sources }, problems: [] }
}

type Context = Parameters<typeof gatewayRoute>[1]

/** Virtual hosts of a listener; what of its hostname no route has is not found there, and not elsewhere. */
function hostsOf(listener: ListenerIr, context: Context): readonly GatewayEntry[] {
  const own = listener.hostname ?? '*'
  const hosts = listener.virtualHosts.map(({ hostname, routes }) =>
    context.sources.note(
      {
        name: hostName(listener, hostname),
        domains: [hostname],
        routes: routes.map((route) => gatewayRoute(route, context)),
      },
      listener.origin,
    ),
  )
  if (listener.virtualHosts.some(({ hostname }) => hostname === own)) return hosts
  const rest = context.sources.note(
    { name: hostName(listener, own), domains: [own], routes: [] },
    listener.origin,
  )
  return [...hosts, rest]
}

function hostName({ name, port }: ListenerIr, hostname: string): string {
  return `${name}/${port}/${hostname.replaceAll('*', '_')}`
}

function tlsOf(
  group: readonly ListenerIr[],
  { certificateOf, authorityOf }: Required<Pick<CompileGatewayOptions, 'certificateOf' | 'authorityOf'>>,
  { sources, report }: Context,
): Record<string, unknown> {
  const secured = group.filter(({ tls }) => tls !== undefined)
  const [first] = secured
  if (first?.tls === undefined) return {}
  const certificates = secured.flatMap(({ hostname, tls }) =>
    tls!.certificates.map((secret) => {
      const { certFile, keyFile } = certificateOf(secret)
      return sources.note(
        {
          ...(hostname === undefined ? {} : { server_names: [hostname] }),
          cert_file: certFile,
          key_file: keyFile,
        },
        secret.origin,
      )
    }),
  )
  const { clientValidation } = first.tls
  if (clientValidation && clientValidation.authorities.length > 1)
    report(
      unsupported(
        clientValidation.authorities[1]!.origin,
        'the gateway reads who signs certificates of clients from one file',
        'put them into one ConfigMap',
      ),
    )
  return {
    tls: sources.note(
      {
        certificates,
        ...(clientValidation === undefined
          ? {}
          : {
              client_ca_file: authorityOf(clientValidation.authorities[0]!),
              client_certificate: clientValidation.isRequired ? 'required' : 'optional',
            }),
      },
      first.origin,
      { client_ca_file: clientValidation?.origin, client_certificate: clientValidation?.origin },
    ),
  }
}

function defaultCertificate({ secret: { namespace, name } }: SecretIr) {
  return { certFile: `${namespace}/${name}/tls.crt`, keyFile: `${namespace}/${name}/tls.key` }
}

function defaultAuthority({ secret: { namespace, name } }: SecretIr): string {
  return `${namespace}/${name}/ca.crt`
}
