import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'

/** The upstream's side of one try. */
export interface UpstreamStream {
  /** May be held back until the first bytes of the body, or `flush`, so that both are one write. */
  requestHead(headers: HeaderMap, isEnd: boolean): void
  /** The bytes become the stream's. False: the upstream takes no more for now; `onRequestWritable` follows. */
  requestBody(bytes: Uint8Array, isEnd: boolean): boolean
  requestTrailers(headers: HeaderMap): void
  /** Nothing more comes right now. */
  flush(): void
  holdResponse(isHeld: boolean): void
  /** Nobody wants the response any more, and the handler hears nothing more. */
  reset(): void
}

/**
 * - `connect-failure`   no connection
 * - `connect-timeout`   none in time
 * - `connections-max`   the circuit breaker allows no more connections
 * - `pending-max`       and no more that wait for one
 */
export type OpenFailure = 'connect-failure' | 'connect-timeout' | 'connections-max' | 'pending-max'

/**
 * - `reset`     the stream, or its connection, ended before the response did
 * - `refused`   the upstream has not looked at the request
 * - `protocol`  what came is no HTTP
 */
export type StreamFailure = 'reset' | 'remote-reset' | 'refused' | 'protocol'

/** Who wants a stream, and is told what comes of it. */
export interface UpstreamHandler {
  onUpstream(stream: UpstreamStream): void
  /** @param reason such as `ECONNREFUSED` */
  onOpenFailure(failure: OpenFailure, reason: string): void
  /** Of a final response that is still to come: 102, 103 and the like (RFC 9110 15.2), never 100 or 101. */
  onInterim(headers: HeaderMap): void
  /** Final responses, and 101. Nothing in it is about the connection that it came by. */
  onResponseHead(headers: HeaderMap, isEnd: boolean): void
  /** The bytes stay as they are until this returns, or `Transport.keep` has them. */
  onResponseBody(bytes: Uint8Array, isEnd: boolean): void
  onResponseTrailers(headers: HeaderMap): void
  /** Nothing more comes right now. */
  onResponsePause(): void
  onStreamFailure(failure: StreamFailure, reason: string): void
  onRequestWritable(): void
}
