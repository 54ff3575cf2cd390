import type { EnvoyJson } from './envoy-json.ts'

/** Where requests of a service go. */
export interface EnvoyEndpoint {
  readonly address: string
  readonly port: number
  /** It takes no new connections. Default: false. */
  readonly isDraining?: boolean
}

/** `ClusterLoadAssignment` of a cluster such as `shop/cart/8080`. */
export function loadAssignment(cluster: string, endpoints: readonly EnvoyEndpoint[]): EnvoyJson {
  return {
    cluster_name: cluster,
    ...(endpoints.length === 0
      ? {}
      : {
          endpoints: [
            {
              // gRPC wants one, Envoy does not mind.
              locality: {},
              lb_endpoints: endpoints.map(({ address, port, isDraining = false }) => ({
                endpoint: { address: { socket_address: { address, port_value: port } } },
                health_status: isDraining ? 'DRAINING' : 'HEALTHY',
              })),
              load_balancing_weight: 1,
            },
          ],
        }),
  }
}

/** `Secret` with a chain and its key, in PEM. */
export function tlsSecret(name: string, certificatePem: string, keyPem: string): EnvoyJson {
  return {
    name,
    tls_certificate: {
      certificate_chain: { inline_string: certificatePem },
      private_key: { inline_string: keyPem },
    },
  }
}

/** `Secret` with who has to have signed certificates, in PEM. */
export function authoritySecret(name: string, authoritiesPem: string): EnvoyJson {
  return { name, validation_context: { trusted_ca: { inline_string: authoritiesPem } } }
}
