export { systemClock, type HostClock } from './discover/host-clock.ts'
export type { ConnectionEvent, ConnectionEventKind } from './events/connection-event.ts'
export {
  openConnectionEvents,
  type ConnectionEvents,
  type ConnectionEventsOptions,
} from './events/connection-events.ts'
export { openGcEvents, type GcEvent, type GcEvents, type GcEventsOptions } from './events/gc-events.ts'
export { TcpState } from './kernel/record.ts'
export type { HostTracer, HostTracerOptions, TracerLimits } from './tracer/host-tracer.ts'
export { openHostTracer } from './tracer/open-host-tracer.ts'
export { checkHost, type CheckHostOptions } from './doctor/check-host.ts'
export { HOOKS, type Hook } from './doctor/hook.ts'
export { openGcSource, type GcSourceOptions } from './runtime/gc/bpf-gc-source.ts'
export type { ThreadFeedOptions } from './runtime/gc/gc-feed.ts'
export { openHttpSource, type HttpSource, type HttpSourceOptions } from './l7/kernel/http-source.ts'
export type { CapturedExchange } from './l7/captured-exchange.ts'
export { cgroupDirectory } from './l7/kernel/cgroup-directory.ts'
export type {
  CapturedHead,
  CaptureRules,
  ConnectionKinds,
  LatencyCounts,
  OpaqueSeries,
  RequestClient,
  RequestSeries,
  RequestSource,
  ScopeOf,
  SeriesPlace,
} from './l7/request-source.ts'
export { measureTrapCosts, type TrapCosts } from './runtime/gc/trap-cost.ts'
export type { GcSink, GcSource } from './runtime/gc-source.ts'
export type { ProbeCounts, ProcessProbes } from './runtime/process-probes.ts'
export type { GoTarget } from './runtime/go-target.ts'
export { PROFILE_HZ, PROFILE_HZ_MAX } from './profile/profile-rate.ts'
export { openProfiler, type Profiler, type ProfilerOptions, type ProfilerReport } from './profile/profiler.ts'
export type { HttpHandler } from './pipeline/receiver/otlp-http.ts'
export type { CheckPipelinesOptions } from './pipeline/config/check-pipelines.ts'
export { PipelineCode } from './pipeline/config/codes.ts'
export type { PipelineSpec } from './pipeline/config/spec.ts'
export { BatchConverter, type ConvertibleBatch } from './pipeline/convert/convert-batch.ts'
export { systemPipelineClock, type PipelineClock } from './pipeline/clock.ts'
export type { StageCounts } from './pipeline/ledger.ts'
export { PipelineError, type PipelineErrorCode } from './pipeline/pipeline-error.ts'
export { diskQueueDirectory, type QueueDirectory } from './pipeline/queue/queue-directory.ts'
export type { PipelineHost, PipelineListener } from './pipeline/run/pipeline-host.ts'
export { loadPipelineCheck, loadPipelineRun } from './pipeline/load.ts'
export type { RunningPipelines } from './pipeline/run/start-pipelines.ts'
export { HpackDecoder, type FieldSink, type HpackOptions } from './l7/http2/hpack/hpack-decoder.ts'
export { NameSet } from './l7/http2/hpack/name-set.ts'
export { compileRouteRules, type RouteRule } from './l7/route/route-rule.ts'
export { RouteTable, type RouteTableOptions } from './l7/route/route-table.ts'
export { checkSamplingRules } from './l7/sampling/check-sampling.ts'
export { samplingRuleOf } from './l7/sampling/rule-message.ts'
