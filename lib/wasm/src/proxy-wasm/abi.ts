/** Numbers of the proxy-wasm ABI, versions 0.1.0, 0.2.0 and 0.2.1, as its specification and the SDKs have them. */

export type AbiVersion = '0.1.0' | '0.2.0' | '0.2.1'

/** Names of the functions by which a module says its version. */
export const ABI_EXPORTS: Readonly<Record<string, AbiVersion>> = {
  proxy_abi_version_0_1_0: '0.1.0',
  proxy_abi_version_0_2_0: '0.2.0',
  proxy_abi_version_0_2_1: '0.2.1',
}

/** What a hostcall answers: `WasmResult` of the C++ host. */
export const Result = {
  OK: 0,
  NOT_FOUND: 1,
  BAD_ARGUMENT: 2,
  SERIALIZATION_FAILURE: 3,
  PARSE_FAILURE: 4,
  BAD_EXPRESSION: 5,
  INVALID_MEMORY_ACCESS: 6,
  EMPTY: 7,
  CAS_MISMATCH: 8,
  RESULT_MISMATCH: 9,
  INTERNAL_FAILURE: 10,
  BROKEN_CONNECTION: 11,
  UNIMPLEMENTED: 12,
} as const
export type Result = (typeof Result)[keyof typeof Result]

export const LogLevel = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, CRITICAL: 5 } as const
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel]

export const MapType = {
  REQUEST_HEADERS: 0,
  REQUEST_TRAILERS: 1,
  RESPONSE_HEADERS: 2,
  RESPONSE_TRAILERS: 3,
  GRPC_RECEIVE_INITIAL_METADATA: 4,
  GRPC_RECEIVE_TRAILING_METADATA: 5,
  HTTP_CALL_RESPONSE_HEADERS: 6,
  HTTP_CALL_RESPONSE_TRAILERS: 7,
} as const
export type MapType = (typeof MapType)[keyof typeof MapType]
export const MAP_TYPE_MAX = MapType.HTTP_CALL_RESPONSE_TRAILERS

export const BufferType = {
  HTTP_REQUEST_BODY: 0,
  HTTP_RESPONSE_BODY: 1,
  DOWNSTREAM_DATA: 2,
  UPSTREAM_DATA: 3,
  HTTP_CALL_RESPONSE_BODY: 4,
  GRPC_RECEIVE_BUFFER: 5,
  VM_CONFIGURATION: 6,
  PLUGIN_CONFIGURATION: 7,
  CALL_DATA: 8,
} as const
export type BufferType = (typeof BufferType)[keyof typeof BufferType]
export const BUFFER_TYPE_MAX = BufferType.CALL_DATA

export const StreamType = { REQUEST: 0, RESPONSE: 1, DOWNSTREAM: 2, UPSTREAM: 3 } as const
export type StreamType = (typeof StreamType)[keyof typeof StreamType]
export const STREAM_TYPE_MAX = StreamType.UPSTREAM

export const MetricType = { COUNTER: 0, GAUGE: 1, HISTOGRAM: 2 } as const
export type MetricType = (typeof MetricType)[keyof typeof MetricType]

/** What `proxy_on_request_headers` and `proxy_on_response_headers` return. */
export const HeadersStatus = {
  CONTINUE: 0,
  STOP_ITERATION: 1,
  CONTINUE_AND_END_STREAM: 2,
  STOP_ALL_ITERATION_AND_BUFFER: 3,
  STOP_ALL_ITERATION_AND_WATERMARK: 4,
} as const
export type HeadersStatus = (typeof HeadersStatus)[keyof typeof HeadersStatus]

/** What `proxy_on_request_body` and `proxy_on_response_body` return. */
export const DataStatus = {
  CONTINUE: 0,
  STOP_ITERATION_AND_BUFFER: 1,
  STOP_ITERATION_AND_WATERMARK: 2,
  STOP_ITERATION_NO_BUFFER: 3,
} as const
export type DataStatus = (typeof DataStatus)[keyof typeof DataStatus]

/** What the callbacks of trailers, and those of connections, return. */
export const IterationStatus = { CONTINUE: 0, STOP_ITERATION: 1 } as const
export type IterationStatus = (typeof IterationStatus)[keyof typeof IterationStatus]

/** Who closed a connection. */
export const CloseType = { UNKNOWN: 0, LOCAL: 1, REMOTE: 2 } as const
export type CloseType = (typeof CloseType)[keyof typeof CloseType]
