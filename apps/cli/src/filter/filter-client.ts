import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect'
import { FilterService, type ListFiltersResponse } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { callError, connectServer, type Server } from '../client/connect.ts'
import type { Context } from '../context.ts'

export interface FilterServer {
  readonly client: Client<typeof FilterService>
  readonly server: Server
}

/** The filters of the server of this data directory, not yet spoken to. @throws CliError as `connectServer` */
export function connectFilters(context: Context, data: string | undefined): FilterServer {
  const server = connectServer(context, data)
  return { client: createClient(FilterService, server.transport), server }
}

/** A call to the server. @throws CliError QDR-C024 where it does not take what it is given, else as `callError` */
export async function callFilters<T>(
  { server }: FilterServer,
  context: Context,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error)
    if (code === Code.InvalidArgument) {
      // What mends it is behind the semicolon.
      const [message, fix] = rawMessage.split('; ', 2)
      throw new CliError('QDR-C024', message!, { ...(fix !== undefined && { fix }), cause: error })
    }
    if (code === Code.NotFound)
      throw new CliError('QDR-C016', rawMessage.split('; ', 1)[0]!, {
        fix: `${context.command} filter list`,
        cause: error,
      })
    throw callError(error, server, context)
  }
}

/** Looks at filters and gateways, and again whenever they have changed, until it has seen enough or the time is over. */
export async function watchFilters(
  server: FilterServer,
  context: Context,
  seconds: number,
  isEnough: (list: ListFiltersResponse) => boolean,
): Promise<void> {
  const enough = new AbortController()
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(seconds * 1000), context.signal])
  await callFilters(server, context, async () => {
    try {
      for await (const { filters } of server.client.watchFilters({}, { signal }))
        // Only an abort ends the request: to leave the loop would wait for its end.
        if (filters && isEnough(filters)) enough.abort()
    } catch (error) {
      if (!signal.aborted) throw error
    }
  })
}
