import type { ClusterStats } from './cluster-stats.ts'
import type { EndpointStats } from './endpoint.ts'
import type { TryOutcome } from './try-outcome.ts'

/** Counts how a try ended, for its cluster and its endpoint. */
export function countOutcome(cluster: ClusterStats, endpoint: EndpointStats, outcome: TryOutcome): void {
  switch (outcome.kind) {
    case 'response':
      countStatus(cluster, outcome.status)
      if (outcome.status >= 500) endpoint.errors++
      else endpoint.successes++
      return
    case 'connected':
      endpoint.successes++
      return
    case 'connect-failure':
      cluster.connectFailures++
      endpoint.connectFailures++
      break
    case 'connect-timeout':
      cluster.connectFailures++
      cluster.connectTimeouts++
      endpoint.connectFailures++
      break
    case 'refused':
    case 'reset':
      cluster.resets++
      endpoint.resets++
      break
    case 'try-timeout':
      cluster.tryTimeouts++
      endpoint.timeouts++
      break
    case 'timeout':
      cluster.timeouts++
      endpoint.timeouts++
      break
    case 'cancelled':
      cluster.cancelled++
      return
  }
  endpoint.errors++
}

function countStatus(stats: ClusterStats, status: number): void {
  if (status < 200) stats.responses1xx++
  else if (status < 300) stats.responses2xx++
  else if (status < 400) stats.responses3xx++
  else if (status < 500) stats.responses4xx++
  else stats.responses5xx++
}
