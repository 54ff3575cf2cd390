import * as otlp from '@quadrant/proto/otlp'

/** What a pipeline carries. Logs and profiles have a place beside these two. */
export const SIGNALS = ['metrics', 'traces'] as const
export type Signal = (typeof SIGNALS)[number]

export type MetricsMessage = otlp.ExportMetricsServiceRequest
export type TracesMessage = otlp.ExportTraceServiceRequest

/** The message that a parcel of each signal holds. */
export const REQUEST_SCHEMAS = {
  metrics: otlp.ExportMetricsServiceRequestSchema,
  traces: otlp.ExportTraceServiceRequestSchema,
} as const

export const RESPONSE_SCHEMAS = {
  metrics: otlp.ExportMetricsServiceResponseSchema,
  traces: otlp.ExportTraceServiceResponseSchema,
} as const

/** Path of the gRPC method, and of OTLP/HTTP below the endpoint (OTLP specification 1.x). */
export const GRPC_METHODS = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
} as const
export const HTTP_PATHS = { metrics: '/v1/metrics', traces: '/v1/traces' } as const
