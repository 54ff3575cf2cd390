/**
 * How an exchange ended:
 *
 * - `complete` the response came to its end
 * - `reset`    one side gave the stream up (RST_STREAM)
 * - `goaway`   the server said that it will not look at the stream (GOAWAY)
 * - `closed`   the connection ended before the response did
 * - `unknown`  the connection could not be read any further
 */
export type ExchangeEnd = 'complete' | 'reset' | 'goaway' | 'closed' | 'unknown'

/** One request of a connection with its response. Times are in the time base of whoever gave the bytes. */
export interface HttpExchange {
  /** Of HTTP/1; undefined: it is HTTP/2. */
  readonly version?: '1.0' | '1.1' | undefined
  /** Of HTTP/1 the number of the connection's request, from 1 on. */
  readonly streamId: number
  /** The server sent it unasked; the request is the one it made up. */
  readonly isPushed: boolean
  /** Of the request as it stands there; undefined where there is none, or it is not known: see `hasUnknownFields`. */
  readonly method: string | undefined
  readonly path: string | undefined
  readonly authority: string | undefined
  /** Final status; undefined where none came, or it is not known. */
  readonly status: number | undefined
  /** 1xx that came before it, at most eight. */
  readonly informational: readonly number[]
  /** Some fields could not be decoded: what is undefined here may have been there. */
  readonly hasUnknownFields: boolean
  /** By the content type of the request or the response. */
  readonly isGrpc: boolean
  /** Of gRPC: the path's two parts. */
  readonly grpcService: string | undefined
  readonly grpcMethod: string | undefined
  /** From the trailers, or from the only header block of a response. */
  readonly grpcStatus: number | undefined
  /** As it stands there, percent-encoded. */
  readonly grpcMessage: string | undefined
  /** First byte of the request's headers; undefined where they were not seen. */
  readonly requestStartNs: number | undefined
  /** Last byte of the request. */
  readonly requestEndNs: number | undefined
  /** First byte of the final response's headers. */
  readonly responseStartNs: number | undefined
  /** Last byte of the response. */
  readonly responseEndNs: number | undefined
  /** When it was known how it ended. */
  readonly endNs: number
  /** Bytes of the bodies, without frames and padding. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly end: ExchangeEnd
  /** Error code of RST_STREAM or GOAWAY (RFC 9113, section 7). */
  readonly errorCode: number | undefined
  readonly resetBy: 'client' | 'server' | undefined
  /** Other fields of the request that were asked for, by their names; the first of each. */
  readonly fields: ReadonlyMap<string, string>
}
