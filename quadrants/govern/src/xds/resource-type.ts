/** One kind of resource that is served by xDS. */
export interface ResourceType {
  /** As people say it: `CDS`. */
  readonly name: 'CDS' | 'EDS' | 'LDS' | 'RDS' | 'SDS' | 'ECDS'
  /** Of an `Any` that holds one. */
  readonly typeUrl: string
  /**
   * Whether a client may ask for all there are, and whether a state-of-the-world response has to hold all of them:
   * what is missing from one was removed. Of other types, what is missing is only not told anew.
   */
  readonly isWhole: boolean
  /** The service of its own, beside the aggregated one, with its two methods. */
  readonly service: string
  readonly streamMethod: string
  readonly deltaMethod: string
}

/**
 * In the order in which they have to reach a client so that none refers to what is not there yet (xDS protocol,
 * "Eventual consistency considerations"): clusters before their endpoints, both before the listeners and routes that
 * lead to them. Secrets and filter configurations come last: who needs one waits for it by itself (warming), and asks
 * for it only then. Removals go the other way round.
 */
export const RESOURCE_TYPES: readonly ResourceType[] = [
  {
    name: 'CDS',
    typeUrl: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    isWhole: true,
    service: 'envoy.service.cluster.v3.ClusterDiscoveryService',
    streamMethod: 'StreamClusters',
    deltaMethod: 'DeltaClusters',
  },
  {
    name: 'EDS',
    typeUrl: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
    isWhole: false,
    service: 'envoy.service.endpoint.v3.EndpointDiscoveryService',
    streamMethod: 'StreamEndpoints',
    deltaMethod: 'DeltaEndpoints',
  },
  {
    name: 'LDS',
    typeUrl: 'type.googleapis.com/envoy.config.listener.v3.Listener',
    isWhole: true,
    service: 'envoy.service.listener.v3.ListenerDiscoveryService',
    streamMethod: 'StreamListeners',
    deltaMethod: 'DeltaListeners',
  },
  {
    name: 'RDS',
    typeUrl: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
    isWhole: false,
    service: 'envoy.service.route.v3.RouteDiscoveryService',
    streamMethod: 'StreamRoutes',
    deltaMethod: 'DeltaRoutes',
  },
  {
    name: 'SDS',
    typeUrl: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
    isWhole: false,
    service: 'envoy.service.secret.v3.SecretDiscoveryService',
    streamMethod: 'StreamSecrets',
    deltaMethod: 'DeltaSecrets',
  },
  {
    name: 'ECDS',
    typeUrl: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
    isWhole: false,
    service: 'envoy.service.extension.v3.ExtensionConfigDiscoveryService',
    streamMethod: 'StreamExtensionConfigs',
    deltaMethod: 'DeltaExtensionConfigs',
  },
]

const BY_TYPE_URL: ReadonlyMap<string, ResourceType> = new Map(
  RESOURCE_TYPES.map((type) => [type.typeUrl, type]),
)

/** Undefined where nothing of that type is served. */
export function resourceTypeOf(typeUrl: string): ResourceType | undefined {
  return BY_TYPE_URL.get(typeUrl)
}
