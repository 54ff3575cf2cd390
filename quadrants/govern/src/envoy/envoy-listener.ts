import type { ListenerIr, SecretIr } from '../ir/gateway.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { type Problem, unsupported } from '../back-end/problem.ts'
import { ADS } from './envoy-cluster.ts'
import { anyOf, type EnvoyJson } from './envoy-json.ts'

export interface ListenerParts {
  readonly name: string
  readonly address: string
  /** Of all listeners on the port. */
  readonly group: readonly ListenerIr[]
  /** Of a listener: its route configuration and its filters, the router last. */
  readonly managerOf: (listeners: readonly ListenerIr[]) => {
    readonly routeName: string
    readonly filters: readonly EnvoyJson[]
  }
  readonly sources: SourceMap
  readonly report: (problem: Problem) => void
}

/** As secrets are called in SDS. */
export function secretName({ secret: { kind, namespace, name } }: SecretIr): string {
  return `${kind === 'Secret' ? 'secret' : kind.toLowerCase()}/${namespace}/${name}`
}

/** `Listener` of a port: one chain without TLS, or one for each hostname that clients ask for. */
export function envoyListener(parts: ListenerParts): EnvoyJson {
  const { name, address, group, sources } = parts
  const first = group[0]!
  const isSecure = first.tls !== undefined
  const chains = isSecure ? group.map((listener) => secureChain(listener, parts)) : [plainChain(group, parts)]
  return sources.note(
    {
      name,
      address: { socket_address: { address, port_value: first.port } },
      ...(isSecure
        ? {
            listener_filters: [
              {
                name: 'envoy.filters.listener.tls_inspector',
                typed_config: anyOf('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'),
              },
            ],
          }
        : {}),
      filter_chains: chains,
    },
    first.origin,
  )
}

function plainChain(group: readonly ListenerIr[], parts: ListenerParts): EnvoyJson {
  return { filters: [manager(group, parts)] }
}

function secureChain(listener: ListenerIr, parts: ListenerParts): EnvoyJson {
  const { tls, hostname, origin } = listener
  const { sources, report } = parts
  const validation = tls?.clientValidation
  if (validation && validation.authorities.length > 1)
    report(
      unsupported(
        validation.authorities[1]!.origin,
        'Envoy takes who signs certificates of clients from one place',
        'put them into one ConfigMap',
      ),
    )
  const sds = (secret: SecretIr) => sources.note({ name: secretName(secret), sds_config: ADS }, secret.origin)
  return sources.note(
    {
      name: listener.name,
      filter_chain_match: hostname === undefined ? {} : { server_names: [hostname] },
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: anyOf('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
          common_tls_context: {
            alpn_protocols: ['h2', 'http/1.1'],
            tls_certificate_sds_secret_configs: (tls?.certificates ?? []).map(sds),
            ...(validation === undefined
              ? {}
              : { validation_context_sds_secret_config: sds(validation.authorities[0]!) }),
          },
          ...(validation === undefined ? {} : { require_client_certificate: validation.isRequired }),
        }),
      },
      filters: [manager([listener], parts)],
    },
    origin,
  )
}

function manager(group: readonly ListenerIr[], { managerOf, sources }: ListenerParts): EnvoyJson {
  const { routeName, filters } = managerOf(group)
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: anyOf(
      'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      sources.note(
        {
          stat_prefix: routeName,
          codec_type: 'AUTO',
          rds: { route_config_name: routeName, config_source: ADS },
          http_filters: filters,
          use_remote_address: true,
          normalize_path: true,
          merge_slashes: true,
          path_with_escaped_slashes_action: 'REJECT_REQUEST',
          common_http_protocol_options: {
            headers_with_underscores_action: 'REJECT_REQUEST',
            idle_timeout: '900s',
          },
          stream_idle_timeout: '300s',
          request_headers_timeout: '10s',
        },
        group[0]!.origin,
      ),
    ),
  }
}
