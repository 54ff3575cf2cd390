import type { ClusterIr } from '../ir/gateway.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { durationMs } from '../policy/schema/units.ts'
import { anyOf, type EnvoyJson, seconds } from './envoy-json.ts'

export const ADS: EnvoyJson = { ads: {}, resource_api_version: 'V3' }

/** `Cluster`; its endpoints are those of the service, whoever asks. */
export function envoyCluster(name: string, cluster: ClusterIr, sources: SourceMap): EnvoyJson {
  const { CircuitBreakerPolicy: breaker, TimeoutPolicy: timeouts, RetryPolicy: retry } = cluster.policies
  const outlier = breaker?.outlier
  const budget = retry?.budget
  const perConnection = breaker?.requestsPerConnectionMax
  return sources.note(
    {
      name,
      type: 'EDS',
      eds_cluster_config: { eds_config: ADS, service_name: cluster.name },
      connect_timeout: seconds(durationMs(timeouts?.connect?.value ?? '5s')!),
      circuit_breakers: sources.note(
        {
          thresholds: [
            {
              max_connections: breaker?.connectionsMax?.value ?? 1024,
              max_pending_requests: breaker?.pendingRequestsMax?.value ?? 1024,
              max_requests: breaker?.requestsMax?.value ?? 1024,
              ...(budget?.claim === undefined
                ? { max_retries: breaker?.retriesMax?.value ?? 3 }
                : {
                    retry_budget: {
                      budget_percent: { value: budget.value.percent },
                      min_retry_concurrency: budget.value.concurrencyMin,
                    },
                  }),
            },
          ],
        },
        breaker?.connectionsMax?.claim?.origin ?? cluster.origin,
      ),
      ...(cluster.protocol === 'http2' || perConnection?.claim !== undefined
        ? { typed_extension_protocol_options: { [PROTOCOL_OPTIONS]: protocolOptions(cluster) } }
        : {}),
      ...(outlier?.claim === undefined
        ? {}
        : {
            outlier_detection: sources.note(
              {
                ...countOf('consecutive_5xx', 'enforcing_consecutive_5xx', outlier.value.consecutiveErrors),
                ...countOf(
                  'consecutive_gateway_failure',
                  'enforcing_consecutive_gateway_failure',
                  outlier.value.consecutiveGatewayErrors,
                ),
                enforcing_success_rate: 0,
                interval: seconds(durationMs(outlier.value.interval)!),
                base_ejection_time: seconds(durationMs(outlier.value.ejectionTime)!),
                max_ejection_time: seconds(durationMs(outlier.value.ejectionTimeMax)!),
                max_ejection_percent: outlier.value.ejectionPercentMax,
              },
              outlier.claim.origin,
            ),
          }),
    },
    cluster.origin,
    {
      connect_timeout: timeouts?.connect?.claim?.origin,
      typed_extension_protocol_options: perConnection?.claim?.origin,
    },
  )
}

function countOf(field: string, enforcing: string, count: number | undefined): EnvoyJson {
  return count === undefined ? { [enforcing]: 0 } : { [field]: count, [enforcing]: 100 }
}

const PROTOCOL_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

function protocolOptions({ protocol, policies }: ClusterIr): EnvoyJson {
  const perConnection = policies.CircuitBreakerPolicy?.requestsPerConnectionMax
  return anyOf(PROTOCOL_OPTIONS, {
    ...(perConnection?.claim === undefined
      ? {}
      : { common_http_protocol_options: { max_requests_per_connection: perConnection.value } }),
    explicit_http_config:
      protocol === 'http2' ? { http2_protocol_options: {} } : { http_protocol_options: {} },
  })
}
