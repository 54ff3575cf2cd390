import { RuntimeEventSchema } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { connectServer } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { span, type SpanFlags } from '../observe/span.ts'
import type { Format } from '../output/format.ts'
import { rowPrinter } from '../output/row-printer.ts'
import { ofTarget, parseTarget } from '../target/target.ts'
import { eventColumns } from './event-columns.ts'
import { EVENTS_MAX } from './events-max.ts'
import { liveEvents } from './live.ts'

export interface GcFlags extends SpanFlags {
  readonly output: Format
  readonly data?: string
}

export async function runGc(context: Context, flags: GcFlags, targetText?: string): Promise<void> {
  const follow = flags.follow ?? false
  if (follow && flags.output === 'json')
    throw usageError('a stream has no end, and a JSON array needs one', 'use -o jsonl with --follow')
  const target = parseTarget(targetText)
  const wanted = span(flags, context.now(), EVENTS_MAX)
  const printer = rowPrinter({ desc: RuntimeEventSchema, columns: eventColumns }, flags.output, context)
  const server = connectServer(context, flags.data)
  await liveEvents(server, { target, span: wanted, follow, data: flags.data }, printer, context)
  printer.end()
  if (printer.count() > 0 || follow || context.signal.aborted) return
  const isWhole = flags.since === undefined && flags.until === undefined
  note(
    context,
    `no collection${ofTarget(target)} ${isWhole ? 'is stored' : 'is stored of that time'} (${isWhole ? '' : 'another --since looks further back, '}-f waits for new ones)`,
  )
}
