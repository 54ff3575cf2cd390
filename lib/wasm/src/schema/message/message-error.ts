/**
 * Why a message is refused, as a closed set a caller can switch over:
 *
 * - `framing`    it is no message of one segment
 * - `bounds`     a pointer leads out of the message, or to something else than what is read
 * - `traversal`  more is read than the message could have: it leads to the same place again and again
 * - `depth`      structs and lists lie too deep in one another
 * - `text`       a text has no end, or is no UTF-8
 * - `value`      what is to be written does not fit
 */
export type MessageErrorCode = 'framing' | 'bounds' | 'traversal' | 'depth' | 'text' | 'value'

/** A message that cannot be read or written. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
  readonly code: MessageErrorCode

  constructor(code: MessageErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
