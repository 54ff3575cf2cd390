import { createReadStream } from 'node:fs'
import { matchFieldQuery } from '@quadrant/core'
import { Role, type Flow } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import type { RowPrinter } from '../output/row-printer.ts'
import type { FlowFilter } from './filter.ts'
import { recordedFlow } from './flow-fields.ts'
import { recordingReader } from './recording.ts'
import type { Span } from './span.ts'

export interface ReplayOptions {
  readonly filter: FlowFilter
  readonly span: Span
  readonly bothEnds: boolean
  readonly printer: RowPrinter<Flow>
}

/** Bad lines that are named one by one; the rest are counted. */
const BAD_LINES_TOLD = 10
/** Rows that are laid out together, so that columns fit. */
const BATCH_ROWS = 1000

/** Prints the flows of a recording that match. @throws CliError QDR-C013 where it cannot be read, QDR-C010 after the good lines where there were bad ones */
export async function replay(path: string, options: ReplayOptions, context: Context): Promise<void> {
  const name = path === '-' ? 'stdin' : path
  let batch: Flow[] = []
  let badCount = 0
  const { limit } = options.span
  const flush = () => {
    options.printer.print(batch)
    batch = []
  }
  const reader = recordingReader(
    (flow) => {
      if (!isWanted(flow, options)) return
      batch.push(flow)
      if (Number.isFinite(limit)) {
        if (batch.length > limit * 2) batch = batch.slice(-limit)
      } else if (batch.length >= BATCH_ROWS) flush()
    },
    (bad) => {
      badCount++
      if (badCount <= BAD_LINES_TOLD) note(context, `${name}:${bad.line}: ${bad.reason}`)
    },
  )
  try {
    const input = path === '-' ? context.stdin : createReadStream(path)
    input.setEncoding('utf8')
    for await (const text of input) {
      if (context.signal.aborted) return
      reader.push(text as string)
    }
  } catch (cause) {
    throw new CliError('QDR-C013', `${name} cannot be read: ${(cause as Error).message}`, { cause })
  }
  reader.end()
  if (Number.isFinite(limit)) batch = batch.slice(-limit)
  flush()
  options.printer.end()
  if (badCount > 0)
    throw new CliError('QDR-C010', `${badCount} line${badCount === 1 ? '' : 's'} of ${name} skipped`, {
      fix: 'record with: quadrant observe -f -o jsonl > FILE',
    })
}

function isWanted(flow: Flow, { filter, span, bothEnds }: ReplayOptions): boolean {
  const timeMs = flow.timeNs / 1e6
  if (timeMs < span.startMs || (span.endMs !== undefined && timeMs >= span.endMs)) return false
  // As the server does: where both ends are on one host the client's end stands for both.
  if (!bothEnds && flow.joined && flow.role === Role.SERVER) return false
  return matchFieldQuery(filter.query, recordedFlow(flow))
}
