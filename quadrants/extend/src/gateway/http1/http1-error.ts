/**
 * What is wrong with a message, as a closed set a caller can switch over, with the status that a server answers. A client
 * that finds it in a response has to close the connection; a gateway then answers 502.
 */
const STATUS_OF = {
  /** A line that ends without CR. */
  'bare-lf': 400,
  /** A CR that ends no line. */
  'bare-cr': 400,
  /** A field that goes on in the next line, or a head whose first field begins with white space (RFC 9112 5.2). */
  'obs-fold': 400,
  /** Between a field's name and its colon, where some look for a name and others do not (RFC 9112 5.1). */
  'space-before-colon': 400,
  'bad-field-name': 400,
  'bad-field-value': 400,
  /** More than one empty line in front of a request. */
  'empty-lines': 400,
  'bad-request-line': 400,
  'bad-target': 400,
  /** Not `HTTP/` and two digits with a point between. */
  'bad-version': 400,
  /** Neither 1.0 nor 1.1. */
  'unsupported-version': 505,
  'method-too-long': 501,
  'target-too-long': 414,
  'head-too-large': 431,
  'too-many-fields': 431,
  'missing-host': 400,
  'duplicate-host': 400,
  'bad-host': 400,
  /** Target and Host name different hosts, or the target another scheme than the connection has. */
  'host-mismatch': 400,
  /** Transfer-Encoding and Content-Length: one of the two would be believed by whoever comes next. */
  'te-and-cl': 400,
  /** Transfer-Encoding in HTTP/1.0, which does not know it. */
  'te-in-http10': 400,
  'duplicate-transfer-encoding': 400,
  'bad-transfer-encoding': 400,
  'unknown-transfer-coding': 501,
  /** More than one, in one field or in several, also where they are equal. */
  'duplicate-content-length': 400,
  'bad-content-length': 400,
  /** A body where none may be: of CONNECT, or of a response 1xx or 204. */
  'body-not-allowed': 400,
  'body-too-large': 413,
  'bad-chunk-size': 400,
  'bad-chunk-extension': 400,
  'chunk-extensions-too-large': 413,
  /** Data of a chunk that goes on behind its length. */
  'bad-chunk-end': 400,
  'trailers-too-large': 431,
  /** A trailer that would frame, route or authorise a message that has been taken for good already. */
  'forbidden-trailer': 400,
  /** The connection ended within a message. */
  'premature-end': 400,
  'bad-status-line': 502,
  /** Bytes of a server that was asked nothing. */
  'unexpected-response': 502,
  /** 101 to a request that did not ask for it. */
  'unexpected-upgrade': 502,
  /** A 1xx of HTTP/1.0, which has none, or one that says the connection closes where more is to follow. */
  'bad-interim': 502,
  'too-many-interim': 502,
  /** A head to be written that lacks a pseudo-header, or has one that cannot be written. */
  'bad-pseudo-header': 500,
} as const satisfies Readonly<Record<string, number>>

export type Http1ErrorCode = keyof typeof STATUS_OF

/** Foreign bytes are no HTTP/1.1 that we take, or a head is none that we write. Returned, never thrown. */
export interface Http1Error {
  readonly code: Http1ErrorCode
  /** What a server answers before it closes the connection. */
  readonly status: number
  /** Of the byte, from the beginning of the connection's direction; of a head to be written 0. */
  readonly offset: number
}

export function http1Error(code: Http1ErrorCode, offset: number): Http1Error {
  return { code, status: STATUS_OF[code], offset }
}
