import type { ClusterStats } from '../cluster/cluster-stats.ts'
import type { EndpointStats } from '../cluster/endpoint.ts'
import type { ListenerStats } from './listener-stats.ts'

/** What a gateway has counted. Plain data: threads send it to one another. */
export interface GatewayStats {
  /** How often a configuration was taken. */
  readonly generation: number
  readonly listeners: Readonly<Record<string, Omit<ListenerStats, 'finished' | 'protocolError'>>>
  readonly clusters: Readonly<Record<string, ClusterReport>>
}

export interface ClusterReport extends ClusterStats {
  readonly byEndpoint: Readonly<Record<string, EndpointReport>>
}

export interface EndpointReport extends EndpointStats {
  readonly isHealthy: boolean
  readonly isEjected: boolean
  readonly activeRequests: number
}
