/**
 * What went wrong, as a closed set a caller can switch over:
 *
 * - `malformed`   foreign bytes that are not what they claim to be
 * - `too-large`   a limit of ours was reached
 * - `unsupported` an encoding, a compression or a signal that is not carried
 * - `storage`     a queue or a file cannot be read or written
 * - `closed`      the pipelines have ended
 */
export type PipelineErrorCode = 'malformed' | 'too-large' | 'unsupported' | 'storage' | 'closed'

/** The one error of pipelines. */
export class PipelineError extends Error {
  readonly code: PipelineErrorCode

  constructor(code: PipelineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PipelineError'
    this.code = code
  }

  /** Any thrown value as a `PipelineError`; ours stay as they are. */
  static from(thrown: unknown, code: PipelineErrorCode): PipelineError {
    if (thrown instanceof PipelineError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new PipelineError(code, message, { cause: thrown })
  }
}
