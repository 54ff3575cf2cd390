export type {
  AccessLogSpec,
  AdminSpec,
  DeliverySpec,
  DeliveryTlsSpec,
  TelemetrySpec,
} from './gateway/config/output-spec.ts'
export type { TracingSpec } from './gateway/config/tracing-spec.ts'
export type { SpanRecord } from './gateway/tracing/span-record.ts'
export { checkGateway, type CheckGatewayOptions } from './gateway/config/check-gateway.ts'
export type { GatewaySpec } from './gateway/config/gateway-spec.ts'
export { type Gateway, openGateway } from './gateway/gateway.ts'
export type { GatewayParts } from './gateway/gateway-parts.ts'
export type { GatewayStats } from './gateway/stats/gateway-stats.ts'
export { otlpSpans } from './gateway/telemetry/otlp-spans.ts'
export { otlpMetrics } from './gateway/telemetry/otlp-metrics.ts'
export { prometheusText } from './gateway/stats/prometheus-text.ts'
export { SocketTransport } from './gateway/transport/socket-transport.ts'
export type { Transport } from './gateway/transport/transport.ts'
export { summarizeFilters, type FiltersSummary } from './gateway/filters/filter-summary.ts'
export { filtersPrometheusText } from './gateway/filters/filters-prometheus.ts'
export { filterLimitsOf } from './gateway/filters/plugin-spec-of.ts'
export { FleetFilters } from './gateway/filters/fleet-filters.ts'
export { GatewayFleet, type GatewayFleetOptions } from './gateway/workers/gateway-fleet.ts'
export { serveGateway, type GatewayWorkerOptions } from './gateway/workers/gateway-worker.ts'
export type { LogBatch, SpanBatch } from './gateway/workers/worker-message.ts'
