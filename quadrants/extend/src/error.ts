/**
 * Why something of this package cannot be done, as a closed set a caller can switch over:
 *
 * - `argument`     what is asked for makes no sense: an index, a shape, a handle, a place outside of the guest's memory
 * - `encoding`     the bytes are no model that the runtime reads
 * - `busy`         too much is under way already
 * - `runtime`      the runtime failed, or has ended
 * - `unsupported`  this runtime, or this machine, does not do that
 * - `too-large`    it would be over a limit
 * - `digest`       the bytes are not those that were meant
 * - `not-found`    nothing has that name, no file is there
 * - `store`        what is kept on disk is damaged
 * - `unavailable`  an address cannot be listened on
 */
export type ExtendErrorCode =
  | 'argument'
  | 'encoding'
  | 'busy'
  | 'runtime'
  | 'unsupported'
  | 'too-large'
  | 'not-found'
  | 'digest'
  | 'store'
  | 'unavailable'

/** The one error of this package. */
export class ExtendError extends Error {
  readonly code: ExtendErrorCode

  constructor(code: ExtendErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ExtendError'
    this.code = code
  }

  /** Any thrown value as an `ExtendError`; ours stay as they are. */
  static from(thrown: unknown, code: ExtendErrorCode): ExtendError {
    if (thrown instanceof ExtendError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new ExtendError(code, message, { cause: thrown })
  }
}
