import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { Context } from '../context.ts'
import type { Format } from './format.ts'
import { jsonEncoder, jsonLine, type JsonValue } from './json.ts'
import { printableJson } from './printable.ts'
import { tableWriter, type Column } from './table.ts'

/** Writes rows to stdout as they come. */
export interface RowPrinter<Row> {
  print(rows: readonly Row[]): void
  /** Closes the JSON array, where there is one. */
  end(): void
  /** Rows so far. */
  count(): number
}

/** What a row is. */
export interface RowKind<Desc extends DescMessage> {
  readonly desc: Desc
  /** Columns of its table; `nowMs` tells which day is today. */
  readonly columns: (wide: boolean, nowMs: number) => readonly Column<MessageShape<Desc>>[]
}

export function rowPrinter<Desc extends DescMessage>(
  kind: RowKind<Desc>,
  format: Format,
  context: Context,
): RowPrinter<MessageShape<Desc>> {
  type Row = MessageShape<Desc>
  let count = 0
  const counted = (write: (rows: readonly Row[]) => void, end: () => void = () => {}): RowPrinter<Row> => ({
    print(rows) {
      count += rows.length
      if (rows.length > 0) write(rows)
    },
    end,
    count: () => count,
  })
  const encode = jsonEncoder(kind.desc)
  switch (format) {
    case 'jsonl':
      return counted((rows) => context.stdout.write(rows.map((row) => jsonLine(encode(row))).join('')))
    case 'json': {
      let lead = '[\n'
      return counted(
        (rows) => {
          for (const row of rows) {
            context.stdout.write(lead + printableJson(JSON.stringify(encode(row) satisfies JsonValue)))
            lead = ',\n'
          }
        },
        () => context.stdout.write(lead === '[\n' ? '[]\n' : '\n]\n'),
      )
    }
    default: {
      const write = tableWriter(kind.columns(format === 'wide', context.now()), {
        paint: context.paint,
        columns: format === 'wide' ? undefined : context.stdout.columns,
      })
      return counted((rows) => context.stdout.write(write(rows)))
    }
  }
}
