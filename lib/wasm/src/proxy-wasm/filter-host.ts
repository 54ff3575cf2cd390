import type { LogLevel, MetricType, Result } from './abi.ts'
import type { HeaderMap } from './header-map.ts'

/** What an answer of a call that a filter made is, by whoever made it on its behalf. */
export interface HttpCallReceiver {
  answered(headers: HeaderMap, body: Uint8Array, trailers: HeaderMap): void
  /** No answer: the connection broke, the time was over, or there was nobody. */
  failed(): void
}

export interface HttpCallRequest {
  /** Name of a cluster. */
  readonly upstream: string
  readonly headers: HeaderMap
  readonly body: Uint8Array
  readonly trailers: HeaderMap
  /** 0 for none. */
  readonly timeoutMs: number
}

export interface GrpcReceiver {
  initialMetadata(metadata: HeaderMap): void
  message(bytes: Uint8Array): void
  trailingMetadata(metadata: HeaderMap): void
  /** @param status of gRPC: 0 is OK */
  closed(status: number, message: string): void
}

export interface GrpcRequest {
  /** As the filter gave it: a serialised `GrpcService` of Envoy, or the name of a cluster. */
  readonly upstream: Uint8Array
  readonly service: string
  readonly method: string
  readonly metadata: HeaderMap
}

/** A stream that a filter has to somebody. */
export interface GrpcStream {
  /** What was given to it and nobody has taken yet. */
  readonly waitingBytes: number
  send(message: Uint8Array, isEnd: boolean): void
  /** Nothing more comes from the filter. */
  close(): void
  cancel(): void
}

/** What was asked for is under way, or the number that the filter gets instead. */
export type Begun<T> = { readonly call: T } | { readonly result: Result }

/** Values that all filters of one `vm_id` share. */
export interface SharedData {
  /** Bytes that are valid until the next call, or the number that filters get instead. */
  get(key: string): { readonly value: Uint8Array; readonly cas: number } | Result
  /** @param cas 0 to set it whatever there is */
  set(key: string, value: Uint8Array, cas: number): Result
}

/** Queues that filters of all `vm_id` share. */
export interface SharedQueues {
  /** @param ready called back, on this thread and later, whenever something was put in */
  register(
    vmId: string,
    name: string,
    ready: () => void,
  ): { readonly token: number } | { readonly result: Result }
  resolve(vmId: string, name: string): number | undefined
  enqueue(token: number, value: Uint8Array): Result
  dequeue(token: number): Uint8Array | Result
  /** The callbacks of what is over are let go. */
  release(ready: () => void): void
}

/** One value that is counted, under its name. */
export interface Metric {
  readonly type: MetricType
  /** Undefined for a histogram. */
  readonly value: bigint | undefined
  /** @returns whether a metric of its type can */
  add(offset: bigint): boolean
  record(value: bigint): void
}

export interface Metrics {
  /** The same for the same name; undefined where there are too many, or one of that name has another type. */
  define(type: MetricType, name: string): Metric | undefined
}

/** What can be asked about a filter, or about a stream, by a path whose parts are separated by NUL. */
export interface Properties {
  /** What was over a limit of it so far, where it has limits. */
  readonly refusedCount?: number
  /** Bytes as they are given to filters, or the number that they get instead. */
  get(path: string): Uint8Array | string | Result
  set(path: string, value: Uint8Array): Result
  /** The bytes of its result, or the number that filters get instead. */
  callForeign(name: string, argument: Uint8Array): Uint8Array | Result
}

/** What instances of filters ask of whoever runs them. Synchronous, but for the calls of filters to others. */
export interface FilterHost {
  /** Nanoseconds of Unix time. */
  readonly nowNs: () => bigint
  /** Nanoseconds of a clock that only goes forward. */
  readonly monotonicNs: () => bigint
  readonly fillRandom: (bytes: Uint8Array) => void
  readonly logLevel: () => LogLevel
  readonly log: (level: LogLevel, message: string, rootId: string) => void
  readonly sharedData: SharedData
  readonly sharedQueues: SharedQueues
  readonly metrics: Metrics
  readonly httpCall: (request: HttpCallRequest, receiver: HttpCallReceiver) => Begun<{ cancel(): void }>
  readonly grpcCall: (
    request: GrpcRequest,
    message: Uint8Array,
    timeoutMs: number,
    receiver: GrpcReceiver,
  ) => Begun<GrpcStream>
  readonly grpcStream: (request: GrpcRequest, receiver: GrpcReceiver) => Begun<GrpcStream>
  /** Has the callback called each so many milliseconds; what it returns ends that. */
  readonly tick: (periodMs: number, callback: () => void) => () => void
}
