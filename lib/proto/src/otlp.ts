// Messages of the OpenTelemetry Protocol, as opentelemetry/proto/*.proto of opentelemetry-proto 1.x define them (Apache-2.0).
export * from './gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.ts'
export * from './gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.ts'
export * from './gen/opentelemetry/proto/common/v1/common_pb.ts'
export * from './gen/opentelemetry/proto/metrics/v1/metrics_pb.ts'
export * from './gen/opentelemetry/proto/resource/v1/resource_pb.ts'
export * from './gen/opentelemetry/proto/trace/v1/trace_pb.ts'
