export {
  BufferType,
  CloseType,
  DataStatus,
  HeadersStatus,
  IterationStatus,
  LogLevel,
  MapType,
  MetricType,
  Result,
  type AbiVersion,
} from './proxy-wasm/abi.ts'
export { BodyBuffer } from './proxy-wasm/body-buffer.ts'
export { compileFilter } from './proxy-wasm/compile-filter.ts'
export type { LocalResponse } from './proxy-wasm/context.ts'
export { DurationHistogram } from './proxy-wasm/duration-histogram.ts'
export type {
  Begun,
  FilterHost,
  GrpcReceiver,
  GrpcRequest,
  GrpcStream,
  HttpCallReceiver,
  HttpCallRequest,
  Metric,
  Metrics,
  Properties,
  SharedData,
  SharedQueues,
} from './proxy-wasm/filter-host.ts'
export { FilterVm, type FilterCrash, type FilterVmOptions } from './proxy-wasm/filter-vm.ts'
export { HeaderMap } from './proxy-wasm/header-map.ts'
export { HttpContext, type HttpStream } from './proxy-wasm/http-context.ts'
export {
  FILTER_LIMITS,
  type FilterFailure,
  type FilterLimits,
  type FilterRefusals,
} from './proxy-wasm/limits.ts'
export { pairsByteLength, readPairs, writePairs } from './proxy-wasm/pairs.ts'
export { RootContext, type PluginOptions } from './proxy-wasm/root-context.ts'
export { QueueTable } from './proxy-wasm/shared-memory/queue-table.ts'
export type { SharedLimits, SharedSizes } from './proxy-wasm/shared-memory/shared-limits.ts'
export {
  SharedMemory,
  type SharedCounts,
  type SharedHandle,
} from './proxy-wasm/shared-memory/shared-memory.ts'
export { ValueTable, type SharedValue } from './proxy-wasm/shared-memory/value-table.ts'
export { VmHolds } from './proxy-wasm/shared-memory/vm-holds.ts'
export type { VmUsage } from './proxy-wasm/shared-memory/vm-table.ts'
export { TcpContext, type TcpStream } from './proxy-wasm/tcp-context.ts'
