import type { RuntimeEvent } from '@quadrant/proto'
import type { Server } from '../client/connect.ts'
import { readStream } from '../client/read-stream.ts'
import { RepeatedRows } from '../client/repeated-rows.ts'
import type { Context } from '../context.ts'
import { LossNotes } from '../observe/loss-notes.ts'
import type { Span } from '../observe/span.ts'
import type { RowPrinter } from '../output/row-printer.ts'
import { startNs } from './event-columns.ts'
import { EVENTS_MAX } from './events-max.ts'

export interface LiveEventsOptions {
  /** As `parseTarget` gives it. */
  readonly target: string
  readonly span: Span
  readonly follow: boolean
  /** Value of `--data`. */
  readonly data: string | undefined
}

/** Prints what the server has of runtimes; with `follow` also what comes, each event once. @throws CliError */
export async function liveEvents(
  server: Server,
  options: LiveEventsOptions,
  printer: RowPrinter<RuntimeEvent>,
  context: Context,
): Promise<void> {
  using losses = new LossNotes(context, { rows: 'events', rowsMax: EVENTS_MAX })
  const repeated = new RepeatedRows()
  const { span, follow } = options
  const firstNs = span.startMs * 1e6
  let fromNs = firstNs
  let limit = span.limit
  await readStream(
    server,
    {
      follow,
      data: options.data,
      open: (client) =>
        client.listRuntimeEvents(
          {
            subject: options.target,
            range: { startNs: fromNs, endNs: span.endMs === undefined ? 0 : span.endMs * 1e6 },
            limit: Math.min(limit, EVENTS_MAX),
            follow,
          },
          { signal: context.signal },
        ),
      take(response, isPast) {
        printer.print(follow ? response.events.filter(isNew) : response.events)
        // "The last 20" leaves the others out on purpose.
        if (follow && !isPast) losses.live(response)
        else losses.past(response, limit >= EVENTS_MAX)
      },
      onBreak() {
        fromNs = repeated.startAgain(firstNs)
        limit = EVENTS_MAX
      },
    },
    context,
  )

  function isNew(event: RuntimeEvent): boolean {
    const ns = startNs(event)
    return repeated.isNew(`${ns}/${event.process}/${event.event.case}`, ns)
  }
}
