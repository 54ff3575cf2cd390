/** Why the server, or one request to it, failed. */
export type ServerErrorCode =
  | 'argument' // wrong command line
  | 'address-in-use'
  | 'permission'
  | 'store'
  | 'agent-limit' // as many agents are known as may be
  | 'busy' // as much of the kind is under way as may be
  | 'not-found' // whom a request is about is not known
  | 'ambiguous' // it is about several, or about none of the kind

/** The one error of this package. `fix` is what the person can do about it. */
export class ServerError extends Error {
  readonly code: ServerErrorCode
  readonly fix: string | undefined

  constructor(code: ServerErrorCode, message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'ServerError'
    this.code = code
    this.fix = options.fix
  }

  static from(error: unknown, code: ServerErrorCode): ServerError {
    if (error instanceof ServerError) return error
    return new ServerError(code, error instanceof Error ? error.message : String(error), { cause: error })
  }
}
