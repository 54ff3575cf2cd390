import type { ClusterIr } from '../ir/gateway.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { durationMs } from '../policy/schema/units.ts'
import { type GatewayEntry, milliseconds } from './gateway-file.ts'

/** Where requests of a cluster go. */
export interface BackendEndpoint {
  readonly address: string
  readonly port: number
}

export interface ClusterUse {
  /** One of the routes that send to it keeps clients where they are. */
  readonly endpoints: readonly BackendEndpoint[]
}

/** An entry of `clusters`. */
export function gatewayCluster(
  cluster: ClusterIr,
  { endpoints }: ClusterUse,
  sources: SourceMap,
): GatewayEntry {
  const { CircuitBreakerPolicy: breaker, TimeoutPolicy: timeouts, RetryPolicy: retry } = cluster.policies
  const outlier = breaker?.outlier
  const budget = retry?.budget
  return sources.note(
    {
      name: cluster.name,
      protocol: cluster.protocol,
      endpoints: endpoints.map(({ address, port }) => ({
        address: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      })),
      connect_timeout: milliseconds(durationMs(timeouts?.connect?.value ?? '5s')!),
      circuit_breakers: sources.note(
        {
          connections: breaker?.connectionsMax?.value ?? 1024,
          pending: breaker?.pendingRequestsMax?.value ?? 1024,
          requests: breaker?.requestsMax?.value ?? 1024,
          retries:
            budget?.claim === undefined
              ? { percent: 0, min: breaker?.retriesMax?.value ?? 3, max: breaker?.retriesMax?.value ?? 3 }
              : {
                  percent: Math.round(budget.value.percent),
                  min: budget.value.concurrencyMin,
                  max: 1_000_000,
                },
        },
        breaker?.connectionsMax?.claim?.origin ?? cluster.origin,
        {
          pending: breaker?.pendingRequestsMax?.claim?.origin,
          requests: breaker?.requestsMax?.claim?.origin,
          retries: budget?.claim?.origin ?? breaker?.retriesMax?.claim?.origin,
        },
      ),
      ...(breaker?.requestsPerConnectionMax?.claim === undefined
        ? {}
        : { keep_alive: { requests_per_connection: breaker.requestsPerConnectionMax.value } }),
      ...(outlier?.claim === undefined
        ? {}
        : {
            outlier_detection: sources.note(
              {
                consecutive_5xx: outlier.value.consecutiveErrors ?? 0,
                consecutive_gateway_failures: outlier.value.consecutiveGatewayErrors ?? 0,
                consecutive_local_failures: 0,
                interval: milliseconds(durationMs(outlier.value.interval)!),
                base_ejection: milliseconds(durationMs(outlier.value.ejectionTime)!),
                max_ejection: milliseconds(durationMs(outlier.value.ejectionTimeMax)!),
                max_ejected_percent: outlier.value.ejectionPercentMax,
              },
              outlier.claim.origin,
            ),
          }),
    },
    cluster.origin,
    {
      connect_timeout: timeouts?.connect?.claim?.origin,
      keep_alive: breaker?.requestsPerConnectionMax?.claim?.origin,
    },
  )
}
