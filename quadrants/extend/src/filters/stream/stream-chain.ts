import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamInfo } from './stream-info.ts'

/**
 * One exchange on its way through filters. Whoever has the connections (the gateway, the test bench) tells it what comes
 * from either side, in order; what is to go on it says to its `StreamSink`, at once or later. Everything is synchronous,
 * on one thread.
 *
 * ```
 *             requestHead, requestBody, …          sink.requestHead, …
 *   client  ─────────────────────────────▶ filters ──────────────────────▶ upstream
 *           ◀───────────────────────────── filters ◀──────────────────────
 *             sink.responseHead, …                 responseHead, …
 * ```
 */
export interface StreamChain {
  /** The map becomes the chain's: filters change it, and the sink gets it. */
  requestHead(headers: HeaderMap, isEnd: boolean): void
  /** The bytes become the chain's: nobody writes into them again. */
  requestBody(chunk: Uint8Array, isEnd: boolean): void
  requestTrailers(trailers: HeaderMap): void
  responseHead(headers: HeaderMap, isEnd: boolean): void
  responseBody(chunk: Uint8Array, isEnd: boolean): void
  responseTrailers(trailers: HeaderMap): void
  /** The exchange is over, whole or not: filters log it, and are done with it. Once; nothing reaches the sink after it. */
  end(): void
}

/** What a chain has done with an exchange, by whoever has its connections. */
export interface StreamSink {
  /** To the upstream. A route is chosen by these headers, not by those that came. */
  requestHead(headers: HeaderMap, isEnd: boolean): void
  /** The bytes stay as they are: they are of no filter's memory. */
  requestBody(chunk: Uint8Array, isEnd: boolean): void
  requestTrailers(trailers: HeaderMap): void
  /** To the client. */
  responseHead(headers: HeaderMap, isEnd: boolean): void
  responseBody(chunk: Uint8Array, isEnd: boolean): void
  responseTrailers(trailers: HeaderMap): void
  /**
   * An answer in place of the upstream's, whole: it has been through the filters already. The request, if it is under
   * way, is given up. Where a response has begun already the sink resets the stream instead.
   */
  localReply(reply: LocalReply): void
  /** The exchange ends here, without an answer if there was none yet. */
  reset(): void
  /** Too much of the body lies in the chain: what brings it is to wait, or to go on. */
  holdRequest(isHeld: boolean): void
  holdResponse(isHeld: boolean): void
  /** A filter says that the headers have changed so that another route may match. */
  clearRouteCache(): void
}

export interface LocalReply {
  readonly status: number
  /** `:status`, `content-length` and, where there is a body, `content-type` are among them. */
  readonly headers: HeaderMap
  readonly body: Uint8Array
  /** For the access log, such as `direct_response` or what a filter said. */
  readonly details: string
  /** grpc-status where the client speaks gRPC and a filter gave one. */
  readonly grpcStatus: number | undefined
}

/** Filters in their order, as one generation of a configuration has them. */
export interface StreamFilters {
  /** Undefined where no filter is to see it. */
  open(sink: StreamSink, info: StreamInfo): StreamChain | undefined
}
