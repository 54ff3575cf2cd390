import { createReadStream } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import type { RowPrinter } from '../output/row-printer.ts'
import type { FlowFilter } from './filter.ts'
import { recordingReader, type Recorded } from './recording.ts'
import type { Span } from './span.ts'

export interface ReplayOptions<Row> {
  readonly recorded: Recorded<Row>
  readonly filter: FlowFilter
  readonly span: Span
  readonly printer: RowPrinter<Row>
}

/** Bad lines that are named one by one; the rest are counted. */
const BAD_LINES_TOLD = 10
/** Rows that are laid out together, so that columns fit. */
const BATCH_ROWS = 1000

/** Prints the rows of a recording that match. @throws CliError QDR-C013 where it cannot be read, QDR-C010 after the good lines where there were bad ones */
export async function replay<Row>(
  path: string,
  options: ReplayOptions<Row>,
  context: Context,
): Promise<void> {
  const name = path === '-' ? 'stdin' : path
  let batch: Row[] = []
  let badCount = 0
  const { limit } = options.span
  const flush = () => {
    options.printer.print(batch)
    batch = []
  }
  const reader = recordingReader(
    options.recorded,
    (row) => {
      if (!isWanted(row, options)) return
      batch.push(row)
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

function isWanted<Row>(row: Row, { recorded, filter, span }: ReplayOptions<Row>): boolean {
  const timeMs = recorded.timeNs(row) / 1e6
  if (timeMs < span.startMs || (span.endMs !== undefined && timeMs >= span.endMs)) return false
  return recorded.matches(row, filter.query)
}
