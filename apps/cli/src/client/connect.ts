import {
  Code,
  ConnectError,
  createClient,
  type Client,
  type Interceptor,
  type Transport,
} from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-node'
import { QuadrantService } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { dataDirsToSearch } from './data-dir.ts'
import { findServer, startFix, type ServerFile } from './server-file.ts'

export interface Server {
  readonly client: Client<typeof QuadrantService>
  readonly transport: Transport
  readonly file: ServerFile & { readonly data: string }
}

/** The server of this data directory, not yet spoken to. @throws CliError as `findServer` */
export function connectServer(context: Context, dataFlag: string | undefined): Server {
  const file = findServer(dataDirsToSearch(dataFlag, context), context)
  const authorize: Interceptor = (next) => (request) => {
    request.header.set('authorization', `Bearer ${file.token}`)
    return next(request)
  }
  const transport = createConnectTransport({
    baseUrl: file.address,
    httpVersion: '1.1',
    interceptors: [authorize],
  })
  return { client: createClient(QuadrantService, transport), transport, file }
}

/** Whether the server itself, not the request, is the trouble: it may come back. */
export function isAway(error: unknown): boolean {
  const { code } = ConnectError.from(error)
  return code === Code.Unavailable || code === Code.Aborted || code === Code.Unknown || code === Code.Internal
}

/** A failed call in words of the command line. */
export function callError(error: unknown, server: Server, context: Context): CliError {
  if (error instanceof CliError) return error
  const failure = ConnectError.from(error)
  switch (failure.code) {
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return new CliError(
        'QDR-C004',
        `the server at ${server.file.address} refused the token of ${server.file.data}`,
        { fix: `restart it: ${context.command} up --data ${server.file.data}`, cause: error },
      )
    case Code.InvalidArgument:
      return new CliError('QDR-C012', failure.rawMessage, { cause: error })
    case Code.NotFound:
      return new CliError('QDR-C016', failure.rawMessage || 'the server knows nothing of that name', {
        // As a rule its message has the nearest name.
        ...(/did you mean/.test(failure.rawMessage)
          ? {}
          : { fix: `${context.command} top --by services lists those that talk` }),
        cause: error,
      })
    case Code.FailedPrecondition:
    case Code.ResourceExhausted:
      // It is well, and says what is missing.
      return new CliError('QDR-C011', failure.rawMessage, { cause: error })
    case Code.Unavailable:
    case Code.Aborted:
      return new CliError(
        'QDR-C002',
        `${server.file.data} names a server at ${server.file.address} (process ${server.file.pid}), and nothing answers there`,
        { ...startFix(context), cause: error },
      )
    default:
      return new CliError(
        'QDR-C011',
        `the server failed (${Code[failure.code]}): ${failure.rawMessage || 'it gave no reason'}`,
        { fix: `look at the server's log; ${context.command} status says how it fares`, cause: error },
      )
  }
}
