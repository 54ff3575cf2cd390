export interface EnvoyBootstrapOptions {
  /** `shop/web`: the Gateway that the Envoy is. */
  readonly gateway: string
  /** Its name among all proxies. */
  readonly id: string
  /** Where the control plane is. */
  readonly server: { readonly host: string; readonly port: number }
  /** Of the administration interface. Default: none. */
  readonly admin?: { readonly host: string; readonly port: number } | undefined
  /** Whole states instead of changes. Default: false. */
  readonly isStateOfTheWorld?: boolean
}

/** The bootstrap of an Envoy that has everything else from here (envoy.config.bootstrap.v3.Bootstrap, as JSON). */
export function envoyBootstrap({
  gateway,
  id,
  server,
  admin,
  isStateOfTheWorld = false,
}: EnvoyBootstrapOptions): object {
  const ads = { resource_api_version: 'V3', ads: {}, initial_fetch_timeout: '15s' }
  return {
    node: { id, cluster: gateway },
    ...(admin === undefined ? {} : { admin: { address: address(admin) } }),
    dynamic_resources: {
      ads_config: {
        api_type: isStateOfTheWorld ? 'GRPC' : 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: CONTROL_PLANE } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: CONTROL_PLANE,
          type: 'STRICT_DNS',
          connect_timeout: '5s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: {
                // A control plane that is gone without a word is found.
                http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
              },
            },
          },
          load_assignment: {
            cluster_name: CONTROL_PLANE,
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(server) } }] }],
          },
        },
      ],
    },
  }
}

const CONTROL_PLANE = 'quadrant'

function address({ host, port }: { readonly host: string; readonly port: number }) {
  return { socket_address: { address: host, port_value: port } }
}

export interface GrpcBootstrapOptions {
  readonly id: string
  readonly server: { readonly host: string; readonly port: number }
}

/** The bootstrap of gRPC clients without a proxy (gRFC A27), as `GRPC_XDS_BOOTSTRAP` names it. */
export function grpcBootstrap({ id, server: { host, port } }: GrpcBootstrapOptions): object {
  return {
    xds_servers: [
      {
        server_uri: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        channel_creds: [{ type: 'insecure' }],
        server_features: ['xds_v3'],
      },
    ],
    node: { id, cluster: 'mesh' },
  }
}
