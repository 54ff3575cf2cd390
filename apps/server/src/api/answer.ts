import { Code, ConnectError } from '@connectrpc/connect'
import { ServerError, type ServerErrorCode } from '../error.ts'

const CODES: Partial<Record<ServerErrorCode, Code>> = {
  argument: Code.InvalidArgument,
  ambiguous: Code.InvalidArgument,
  'not-found': Code.NotFound,
  busy: Code.ResourceExhausted,
}

/** An answer, or the error as the API tells it: with what to do about it. */
export async function answer<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    const code = error instanceof ServerError ? CODES[error.code] : undefined
    if (code === undefined) throw error
    const { message, fix } = error as ServerError
    throw new ConnectError(fix ? `${message}; ${fix}` : message, code)
  }
}
