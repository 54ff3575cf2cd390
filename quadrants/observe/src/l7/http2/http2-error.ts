/**
 * What is wrong with bytes that claim to be HTTP/2, as a closed set a caller can switch over:
 *
 * - `hpack-truncated`   a header block ends within a field
 * - `hpack-integer`     an integer that is too large
 * - `hpack-index`       an index that no entry can have
 * - `hpack-huffman`     a string that is not in the Huffman code, or is not padded as it must be
 * - `hpack-size-update` a table size that was not allowed, is missing, or stands behind a field
 * - `hpack-list-limit`  a header list larger than a limit of ours
 * - `preface`           a connection that does not begin as HTTP/2 does
 * - `frame-size`        a frame longer than was allowed, or not as long as its type is
 * - `frame-stream`      a frame on a stream that its type cannot be on
 * - `frame-order`       a header block that is interrupted, continued without having begun, or pushed by a client
 * - `frame-padding`     padding that is longer than its frame
 */
export type Http2ErrorCode =
  | 'hpack-truncated'
  | 'hpack-integer'
  | 'hpack-index'
  | 'hpack-huffman'
  | 'hpack-size-update'
  | 'hpack-list-limit'
  | 'preface'
  | 'frame-size'
  | 'frame-stream'
  | 'frame-order'
  | 'frame-padding'

/** The one error of this folder: foreign bytes are not HTTP/2, with the place. */
export class Http2Error extends Error {
  readonly code: Http2ErrorCode
  /** Of the byte: from the beginning of the header block for `hpack-…`, of the connection's direction otherwise. */
  readonly offset: number

  constructor(code: Http2ErrorCode, offset: number, message: string) {
    super(`at byte ${offset}: ${message}`)
    this.name = 'Http2Error'
    this.code = code
    this.offset = offset
  }
}
