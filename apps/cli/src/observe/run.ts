import { usageError } from '../cli-error.ts'
import { connectServer } from '../client/connect.ts'
import type { Context } from '../context.ts'
import type { Format } from '../output/format.ts'
import { asksForRequests, flowFilter, type FilterValues } from './filter.ts'
import { flowPrinter } from './flow-printer.ts'
import { liveFlows } from './live.ts'
import { hintNothingFound } from './nothing-found.ts'
import { recordedFlows } from './recorded-flows.ts'
import { replay } from './replay.ts'
import { observeRequests } from './requests.ts'
import { span } from './span.ts'

export interface ObserveFlags extends FilterValues {
  readonly follow?: boolean
  /** Default: where the filters are such that only requests can have. */
  readonly requests?: boolean
  readonly since?: string
  readonly until?: string
  readonly last?: number
  readonly query?: string
  readonly not?: boolean
  readonly inputFile?: string
  readonly bothEnds?: boolean
  readonly output: Format
  readonly data?: string
}

export async function runObserve(context: Context, flags: ObserveFlags): Promise<void> {
  if (flags.not) throw usageError('--not stands directly before the filter that it negates: --not --port 53')
  if (flags.follow && flags.output === 'json')
    throw usageError('a stream has no end, and a JSON array needs one', 'use -o jsonl with --follow')
  if (flags.follow && flags.inputFile !== undefined)
    throw usageError('--follow asks the server, --input-file does not')
  if (flags.requests ?? asksForRequests(flags)) {
    await observeRequests(context, flags)
    return
  }
  const filter = flowFilter(flags, flags.query)
  const wanted = span(flags, context.now())
  const printer = flowPrinter(flags.output, context)

  if (flags.inputFile !== undefined) {
    // A recording is read as a whole unless a flag says less: "the last 20" is for the live store.
    const all = flags.last === undefined ? { ...wanted, limit: Number.POSITIVE_INFINITY } : wanted
    const recorded = recordedFlows(flags.bothEnds ?? false)
    await replay(flags.inputFile, { recorded, filter, span: all, printer }, context)
    return
  }
  const server = connectServer(context, flags.data)
  await liveFlows(
    server,
    { filter, span: wanted, follow: flags.follow ?? false, bothEnds: flags.bothEnds ?? false },
    printer,
    context,
    flags.data,
  )
  printer.end()
  if (printer.count() === 0 && !flags.follow && !context.signal.aborted)
    await hintNothingFound(
      server,
      { filter, isWhole: flags.since === undefined && flags.until === undefined },
      context,
    )
}
