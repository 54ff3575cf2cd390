import { CapturedRequestSchema } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { connectServer } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { rowPrinter } from '../output/row-printer.ts'
import { requestFilter } from './filter.ts'
import { REQUESTS_MAX, liveRequests } from './live-requests.ts'
import { RECORDED_REQUESTS } from './recorded-requests.ts'
import { replay } from './replay.ts'
import { requestColumns } from './request-columns.ts'
import type { ObserveFlags } from './run.ts'
import { span } from './span.ts'

/** `quadrant observe --requests`. @throws CliError */
export async function observeRequests(context: Context, flags: ObserveFlags): Promise<void> {
  if (flags.bothEnds) throw usageError('--both-ends is about flows: a request is told once')
  const filter = requestFilter(flags, flags.query)
  const wanted = span(flags, context.now(), REQUESTS_MAX)
  const follow = flags.follow ?? false
  const printer = rowPrinter({ desc: CapturedRequestSchema, columns: requestColumns }, flags.output, context)
  if (flags.inputFile !== undefined) {
    // As of flows: a recording is read as a whole unless a flag says less.
    const all = flags.last === undefined ? { ...wanted, limit: Number.POSITIVE_INFINITY } : wanted
    await replay(flags.inputFile, { recorded: RECORDED_REQUESTS, filter, span: all, printer }, context)
    return
  }
  const server = connectServer(context, flags.data)
  await liveRequests(server, { query: filter.text, span: wanted, follow, data: flags.data }, printer, context)
  printer.end()
  if (printer.count() > 0 || follow || context.signal.aborted) return
  const isWhole = flags.since === undefined && flags.until === undefined
  const hint = isWhole ? '' : 'another --since looks further back, '
  note(
    context,
    `no captured request ${filter.text === '' ? 'is stored' : 'matches'} (${hint}-f waits for new ones); which are captured is said by rules (${context.command} requests --help), and ${context.command} top --by routes counts all`,
  )
}
