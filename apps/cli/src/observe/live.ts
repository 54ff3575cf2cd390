import type { Flow } from '@quadrant/proto'
import type { Server } from '../client/connect.ts'
import { readStream } from '../client/read-stream.ts'
import { RepeatedRows } from '../client/repeated-rows.ts'
import type { Context } from '../context.ts'
import type { RowPrinter } from '../output/row-printer.ts'
import type { FlowFilter } from './filter.ts'
import { LossNotes } from './loss-notes.ts'
import { ROWS_MAX, type Span } from './span.ts'

export interface LiveOptions {
  readonly filter: FlowFilter
  readonly span: Span
  readonly follow: boolean
  readonly bothEnds: boolean
}

/**
 * Prints the server's flows. With `follow` it goes on over a restart of the server, without printing a row twice;
 * without it a failure is told. @throws CliError
 */
export async function liveFlows(
  server: Server,
  options: LiveOptions,
  printer: RowPrinter<Flow>,
  context: Context,
  dataFlag: string | undefined,
): Promise<void> {
  using losses = new LossNotes(context, { rows: 'flows', rowsMax: ROWS_MAX })
  const repeated = new RepeatedRows()
  const { span, follow } = options
  const firstNs = span.startMs * 1e6
  let startNs = firstNs
  /** Losses before it are told: a repeated request does not ask for them again. */
  let dropsFromNs = 0
  let limit = span.limit
  await readStream(
    server,
    {
      follow,
      data: dataFlag,
      open: (client) =>
        client.listFlows(
          {
            range: { startNs, endNs: span.endMs === undefined ? 0 : span.endMs * 1e6 },
            query: options.filter.text,
            limit: Math.min(limit, ROWS_MAX),
            follow,
            bothEnds: options.bothEnds,
            dropsFromNs,
          },
          { signal: context.signal },
        ),
      take(response, isPast) {
        printer.print(follow ? response.flows.filter(isNew) : response.flows)
        // "The last 20" leaves the others out on purpose.
        if (follow && !isPast) losses.live(response)
        else losses.past(response, limit >= ROWS_MAX)
        dropsFromNs = Math.max(dropsFromNs, response.dropsUntilNs)
      },
      onBreak() {
        startNs = repeated.startAgain(firstNs)
        limit = ROWS_MAX
      },
    },
    context,
  )

  function isNew(flow: Flow): boolean {
    const { timeNs, host, netns, cookie, event, role, remoteAddress, remotePort } = flow
    const key = [timeNs, host, netns, cookie, event, role, remoteAddress, remotePort].join('/')
    return repeated.isNew(key, timeNs)
  }
}
