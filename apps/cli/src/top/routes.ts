import { setTimeout as sleep } from 'node:timers/promises'
import {
  GetRequestsResponseSchema,
  RequestGrouping,
  type GetRequestsRequest,
  type GetRequestsResponse,
} from '@quadrant/proto'
import { callError, type Server } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder, jsonLine } from '../output/json.ts'
import { bodyLines, showLive, type Frame } from './live.ts'
import { routesText } from './routes-text.ts'
import type { TopFlags } from './run.ts'

/** Most that a server tells apart in one answer. */
const ROUTES_MAX = 1000
/** Agents tell what they saw once a second. */
const POLL_MS = 1000
const TIMEOUT_MS = 10_000

type Asked = Pick<GetRequestsRequest, 'level' | 'query'> & {
  readonly range: { readonly startNs: number; readonly endNs: number }
}

/** `quadrant top --by routes`: all requests of a range, by route. @throws CliError */
export async function topRoutes(
  server: Server,
  request: Asked,
  flags: TopFlags,
  context: Context,
): Promise<void> {
  let answer: GetRequestsResponse
  try {
    answer = await ask(server.client, request, context.signal)
  } catch (error) {
    throw callError(error, server, context)
  }
  if (flags.output === 'json' || flags.output === 'jsonl') {
    const json = jsonEncoder(GetRequestsResponseSchema)(answer)
    context.stdout.write(flags.output === 'json' ? jsonDocument(json) : jsonLine(json))
    return
  }
  const wide = flags.output === 'wide'
  context.stdout.write(
    routesText(answer, {
      sort: flags.sort,
      wide,
      paint: context.paint,
      columns: wide ? undefined : context.stdout.columns,
      rows: flags.rows,
    }),
  )
  if (answer.groups.length === 0)
    note(
      context,
      `no request was seen; requests are looked for where somebody asks for it: ${context.command} requests list`,
    )
}

/** The same of the last seconds, drawn anew once a second. @throws CliError */
export function liveRoutes(
  server: Server,
  { windowSeconds, ...request }: Omit<Asked, 'range'> & { readonly windowSeconds: number },
  flags: TopFlags,
  context: Context,
): Promise<void> {
  const sort = flags.sort === 'bytes' ? 'requests' : flags.sort

  async function* frames(client: Server['client'], signal: AbortSignal): AsyncGenerator<Frame> {
    while (!signal.aborted) {
      const startNs = (context.now() - windowSeconds * 1000) * 1e6
      const answer = await ask(client, { ...request, range: { startNs, endNs: 0 } }, signal)
      yield { title: `routes by ${sort}, last ${windowSeconds} s`, body: () => text(answer) }
      await sleep(POLL_MS, undefined, { signal }).catch(() => {})
    }
  }

  function text(answer: GetRequestsResponse): string {
    if (answer.groups.length === 0 && answer.opaque.length === 0)
      return `no request yet; ${context.command} requests list says whether they are looked for`
    return routesText(answer, {
      sort: flags.sort,
      wide: flags.output === 'wide',
      paint: context.paint,
      columns: context.stdout.columns,
      rows: flags.rows,
      lines: bodyLines(context),
    })
  }

  return showLive(server, { frames, data: flags.data }, context)
}

function ask(client: Server['client'], request: Asked, signal: AbortSignal): Promise<GetRequestsResponse> {
  return client.getRequests(
    { ...request, grouping: RequestGrouping.ROUTE, limit: ROUTES_MAX },
    { signal, timeoutMs: TIMEOUT_MS },
  )
}
