/** Where a cluster's requests can go: one address. What is known of it stays when its weight or priority changes. */
export interface Endpoint {
  /** `10.0.0.1:80`, `[::1]:80` */
  readonly address: string
  readonly ip: string
  readonly port: number
  /** As configured: the name that it was found by, or the IP address. */
  readonly host: string
  readonly weight: number
  readonly priority: number
  /** Under way now; `Cluster.begin` and `Cluster.finish` count them. */
  readonly activeRequests: number
  /** By its health checks, all of which have to have succeeded; true where there is none. */
  readonly isHealthy: boolean
  /** By outlier detection. */
  readonly isEjected: boolean
  readonly stats: EndpointStats
}

/** One address of `EndpointSpec`, looked up. */
export interface EndpointAddress {
  readonly ip: string
  readonly port: number
  readonly host: string
  readonly weight: number
  readonly priority: number
}

export interface EndpointStats {
  requests: number
  successes: number
  errors: number
  timeouts: number
  connectFailures: number
  resets: number
  ejections: number
  healthChecks: number
  healthCheckFailures: number
}
