/** Configuration of Envoy as its API has it (`envoy.config`, `envoy.extensions`), of which only a few things are named here. */
export type Config = Readonly<Record<string, unknown>>

export interface Bootstrap {
  readonly admin: Config
  readonly static_resources: { readonly listeners: readonly Config[]; readonly clusters: readonly Config[] }
}

/** All listen on free ports of the loopback address. */
export function bootstrap(listeners: readonly Config[], clusters: readonly Config[]): Bootstrap {
  return { admin: { address: LOOPBACK }, static_resources: { listeners, clusters } }
}

export interface WasmOptions {
  /** The module. */
  readonly file: string
  /** Default empty, which is the only context that some filters know. */
  readonly rootId?: string
  /** Filters of one file and vm_id share a VM, and what is shared data. Default empty. */
  readonly vmId?: string
  /** Of the plugin. */
  readonly configuration?: string
  readonly vmConfiguration?: string
  /** Whether requests go on without a filter that has trapped. Default false: they are answered with 503. */
  readonly isFailOpen?: boolean
  /** Of the plugin, in logs and statistics. Default the root_id. */
  readonly name?: string
  /** Environment of WASI. */
  readonly environment?: Readonly<Record<string, string>>
}

/** An HTTP filter, `envoy.filters.http.wasm`. */
export function wasmHttpFilter(options: WasmOptions): Config {
  return {
    name: 'envoy.filters.http.wasm',
    typed_config: {
      '@type': type('extensions.filters.http.wasm.v3.Wasm'),
      config: pluginConfig(options),
    },
  }
}

/** A filter of TCP connections, `envoy.filters.network.wasm`. */
export function wasmNetworkFilter(options: WasmOptions): Config {
  return {
    name: 'envoy.filters.network.wasm',
    typed_config: {
      '@type': type('extensions.filters.network.wasm.v3.Wasm'),
      config: pluginConfig(options),
    },
  }
}

function pluginConfig(options: WasmOptions): Config {
  const { file, rootId = '', vmId = '', configuration, vmConfiguration, environment } = options
  return {
    name: options.name ?? rootId,
    root_id: rootId,
    failure_policy: options.isFailOpen === true ? 'FAIL_OPEN' : 'FAIL_CLOSED',
    ...(configuration === undefined ? {} : { configuration: stringValue(configuration) }),
    vm_config: {
      vm_id: vmId,
      runtime: 'envoy.wasm.runtime.v8',
      code: { local: { filename: file } },
      ...(vmConfiguration === undefined ? {} : { configuration: stringValue(vmConfiguration) }),
      ...(environment === undefined ? {} : { environment_variables: { key_values: environment } }),
    },
  }
}

/** A route: what is matched, in Envoy's words, and the cluster that it leads to. */
export function routeTo(cluster: string, match: Config = { prefix: '/' }, action: Config = {}): Config {
  return { match, route: { cluster, ...action } }
}

/** A route that Envoy answers itself. */
export function directResponse(status: number, text = '', match: Config = { prefix: '/' }): Config {
  return { match, direct_response: { status, body: { inline_string: text } } }
}

export interface HttpListenerOptions {
  /** In the order in which requests pass them; the router is put behind. */
  readonly filters?: readonly Config[]
  readonly routes: readonly Config[]
  /** Of the connection manager, besides. */
  readonly manager?: Config
}

/** A listener of HTTP/1.1, and of HTTP/2 for clients that begin with its preface. */
export function httpListener(name: string, { filters = [], routes, manager }: HttpListenerOptions): Config {
  return {
    name,
    address: LOOPBACK,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
              stat_prefix: name,
              route_config: { virtual_hosts: [{ name, domains: ['*'], routes }] },
              http_filters: [
                ...filters,
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': type('extensions.filters.http.router.v3.Router') },
                },
              ],
              ...manager,
            },
          },
        ],
      },
    ],
  }
}

/** A listener whose connections go to a cluster as they are. */
export function tcpListener(name: string, cluster: string, filters: readonly Config[] = []): Config {
  return {
    name,
    address: LOOPBACK,
    filter_chains: [
      {
        filters: [
          ...filters,
          {
            name: 'envoy.filters.network.tcp_proxy',
            typed_config: {
              '@type': type('extensions.filters.network.tcp_proxy.v3.TcpProxy'),
              stat_prefix: name,
              cluster,
            },
          },
        ],
      },
    ],
  }
}

/** A cluster of one endpoint on the loopback address. */
export function cluster(name: string, port: number, { isHttp2 = false } = {}): Config {
  return {
    name,
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }],
    },
    ...(isHttp2
      ? {
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': type('extensions.upstreams.http.v3.HttpProtocolOptions'),
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        }
      : {}),
  }
}

function loopback(port: number): Config {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

const LOOPBACK = loopback(0)

function type(name: string): string {
  return `type.googleapis.com/envoy.${name}`
}

function stringValue(value: string): Config {
  return { '@type': 'type.googleapis.com/google.protobuf.StringValue', value }
}
