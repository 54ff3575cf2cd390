import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  GetRequestsResponseSchema,
  RequestGrouping,
  type GetRequestsRequestSchema,
  type GetRequestsResponse,
} from '@quadrant/proto'
import { callError, type Server } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder, jsonLine } from '../output/json.ts'
import { routesText } from './routes-text.ts'
import type { TopFlags } from './run.ts'

/** Most that a server tells apart in one answer. */
const ROUTES_MAX = 1000

/** `quadrant top --by routes`: all requests of a range, by route. @throws CliError */
export async function topRoutes(
  server: Server,
  request: MessageInitShape<typeof GetRequestsRequestSchema>,
  flags: TopFlags,
  context: Context,
): Promise<void> {
  let answer: GetRequestsResponse
  try {
    answer = await server.client.getRequests(
      { ...request, grouping: RequestGrouping.ROUTE, limit: ROUTES_MAX },
      { signal: context.signal, timeoutMs: 10_000 },
    )
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
    note(context, 'no request was seen; `quadrant status` says whether requests are observed')
}
