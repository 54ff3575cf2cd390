/** What a cluster counts, in plain numbers so that workers can add them up. Names in the comments are Envoy's. */
export interface ClusterStats {
  /** upstream_rq_total */
  requests: number
  responses1xx: number
  responses2xx: number
  responses3xx: number
  responses4xx: number
  responses5xx: number
  /** Under way now. upstream_rq_active */
  requestsActive: number
  /** Waiting for a connection now. upstream_rq_pending_active */
  pendingActive: number
  /** upstream_cx_active */
  connectionsActive: number
  /** upstream_cx_total */
  connections: number
  /** upstream_cx_connect_fail */
  connectFailures: number
  /** upstream_cx_connect_timeout */
  connectTimeouts: number
  /** upstream_rq_timeout */
  timeouts: number
  /** upstream_rq_per_try_timeout */
  tryTimeouts: number
  /** upstream_rq_rx_reset */
  resets: number
  /** upstream_rq_cancelled */
  cancelled: number

  /** Dropped: no endpoint at all, or none that may be used. upstream_cx_none_healthy */
  droppedNoHealthyEndpoint: number
  /** Dropped by circuit breakers. upstream_cx_overflow, upstream_rq_pending_overflow, upstream_rq_overflow */
  droppedConnectionsMax: number
  droppedPendingMax: number
  droppedRequestsMax: number
  /** Dropped by the cluster's rate limit. */
  droppedRateLimit: number

  retriesActive: number
  /** upstream_rq_retry */
  retries: number
  /** upstream_rq_retry_success */
  retrySuccesses: number
  /** Not tried again: over the budget, over the policy's count, or the body was too long to be kept. */
  retriesOverBudget: number
  retriesOverLimit: number
  retriesNotReplayable: number

  /** Chosen among all, because too few are healthy. lb_healthy_panic */
  panics: number
  endpoints: number
  endpointsHealthy: number
  endpointsEjected: number
  /** By reason. outlier_detection.ejections_… */
  ejections5xx: number
  ejectionsGatewayFailure: number
  ejectionsLocalFailure: number
  /** Should have been ejected, but too many are. */
  ejectionsOverflow: number
  healthChecks: number
  healthCheckFailures: number
}

export function newClusterStats(): ClusterStats {
  return {
    requests: 0,
    responses1xx: 0,
    responses2xx: 0,
    responses3xx: 0,
    responses4xx: 0,
    responses5xx: 0,
    requestsActive: 0,
    pendingActive: 0,
    connectionsActive: 0,
    connections: 0,
    connectFailures: 0,
    connectTimeouts: 0,
    timeouts: 0,
    tryTimeouts: 0,
    resets: 0,
    cancelled: 0,
    droppedNoHealthyEndpoint: 0,
    droppedConnectionsMax: 0,
    droppedPendingMax: 0,
    droppedRequestsMax: 0,
    droppedRateLimit: 0,
    retriesActive: 0,
    retries: 0,
    retrySuccesses: 0,
    retriesOverBudget: 0,
    retriesOverLimit: 0,
    retriesNotReplayable: 0,
    panics: 0,
    endpoints: 0,
    endpointsHealthy: 0,
    endpointsEjected: 0,
    ejections5xx: 0,
    ejectionsGatewayFailure: 0,
    ejectionsLocalFailure: 0,
    ejectionsOverflow: 0,
    healthChecks: 0,
    healthCheckFailures: 0,
  }
}
