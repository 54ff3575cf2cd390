import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { encodeEnvoy, type EnvoyOutput, loadAssignment } from '@quadrant/govern/envoy'
import { type Answers, XdsServer, type XdsResource } from '@quadrant/govern/xds'
import { Envoy } from '../filters/envoy.ts'
import type { Bootstrap } from '../filters/envoy-config.ts'

const ANSWER_TIMEOUT_MS = 10_000

export interface ServedXds extends AsyncDisposable {
  readonly xds: XdsServer
  readonly port: number
}

/** A server of xDS in this process. @param views what everyone sees; undefined: everything */
export async function serveXds(views?: readonly string[]): Promise<ServedXds> {
  const xds = new XdsServer(views && { admit: () => ({ views }) })
  const server = new Server()
  xds.addServices(server)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  return {
    xds,
    port,
    [Symbol.asyncDispose]: async () => {
      await Promise.resolve()
      server.forceShutdown()
    },
  }
}

export interface XdsEnvoyOptions {
  /** Default: true. */
  readonly isDelta?: boolean
  /** Default: it sees everything. */
  readonly views?: readonly string[]
}

/** A real Envoy that has everything from a server of xDS in this process. */
export class XdsEnvoy implements AsyncDisposable {
  readonly envoy: Envoy
  readonly xds: XdsServer
  readonly #served: ServedXds
  #resources: readonly XdsResource[] = []

  private constructor(envoy: Envoy, served: ServedXds) {
    this.envoy = envoy
    this.xds = served.xds
    this.#served = served
  }

  static async start({ isDelta = true, views }: XdsEnvoyOptions = {}): Promise<XdsEnvoy> {
    const served = await serveXds(views)
    const envoy = await Envoy.start(bootstrap(served.port, isDelta), { logLevel: 'error' })
    return new XdsEnvoy(envoy, served)
  }

  /** Serves this instead of what was served before, and waits until Envoy has said how it takes it. */
  async serve(resources: readonly XdsResource[]): Promise<Answers> {
    const names = new Set(resources.map(({ typeUrl, name }) => `${typeUrl} ${name}`))
    const remove = this.#resources.filter(({ typeUrl, name }) => !names.has(`${typeUrl} ${name}`))
    this.xds.update({ set: resources, remove })
    this.#resources = resources
    // Clusters and listeners are asked for by wildcard, what they refer to when Envoy has them.
    const roots = resources.filter(({ typeUrl }) => /\.(Cluster|Listener)$/.test(typeUrl))
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const answers = await this.xds.answers(roots, { signal })
    await this.xds.answers(resources, { signal })
    return answers
  }

  /** What Envoy said of what it does not take. */
  rejections(): string {
    const { streams } = this.xds.status()
    return streams.flatMap(({ types }) => types.flatMap(({ rejection }) => rejection ?? [])).join('\n')
  }

  /** Waits until somebody listens there: a listener is taken before its sockets are open. */
  async listening(port: number): Promise<void> {
    const end = performance.now() + ANSWER_TIMEOUT_MS
    for (;;) {
      const isOpen = await new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
        socket.once('connect', () => socket.destroy())
      })
      if (isOpen) return
      if (performance.now() > end) throw new Error(`nobody listens on ${port}`)
      await sleep(2)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.envoy[Symbol.asyncDispose]()
    await this.#served[Symbol.asyncDispose]()
  }
}

/** What is served for compiled policies, with the endpoints of their clusters. */
export function servedResources(
  { resources }: EnvoyOutput,
  portOf: (cluster: string) => number,
): readonly XdsResource[] {
  const services = new Set<string>()
  for (const { message } of resources) {
    const { service_name: service } = (message['eds_cluster_config'] ?? {}) as {
      readonly service_name?: string
    }
    if (service !== undefined) services.add(service)
  }
  return [
    ...resources.map(({ type, message }) => encodeEnvoy(type, message)),
    ...[...services].map((service) =>
      encodeEnvoy(
        'envoy.config.endpoint.v3.ClusterLoadAssignment',
        loadAssignment(service, [{ address: '127.0.0.1', port: portOf(service) }]),
      ),
    ),
  ]
}

function bootstrap(port: number, isDelta: boolean): Bootstrap {
  const ads = { resource_api_version: 'V3', ads: {} }
  return {
    node: { id: 'envoy', cluster: 'test' },
    dynamic_resources: {
      ads_config: {
        api_type: isDelta ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
                ],
              },
            ],
          },
        },
      ],
    },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
  } as unknown as Bootstrap
}
