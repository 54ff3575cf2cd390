import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamInfo } from '../../filters/stream/stream-info.ts'

/** All that an access log can say of one exchange. Whoever has the connections fills it in. */
export interface LogEntry {
  readonly info: StreamInfo
  /** As they went to the upstream, or as they came where none was asked. */
  readonly requestHeaders: HeaderMap
  /** As they went to the client. */
  readonly responseHeaders: HeaderMap | undefined
  readonly responseTrailers: HeaderMap | undefined
  readonly timing: ExchangeTiming
  /** Tries of the upstream, the first included. */
  readonly attemptCount: number
}

/** Milliseconds since `startTimeMs`; undefined what has not been. */
export interface ExchangeTiming {
  /** The last byte of the request has come. */
  readonly requestEndMs: number | undefined
  /** The first and the last byte of the request have gone to the upstream. */
  readonly upstreamRequestBeginMs: number | undefined
  readonly upstreamRequestEndMs: number | undefined
  /** The first and the last byte of the upstream's response have come. */
  readonly upstreamResponseBeginMs: number | undefined
  readonly upstreamResponseEndMs: number | undefined
  /** The last byte of the response has gone to the client. */
  readonly responseEndMs: number | undefined
}
