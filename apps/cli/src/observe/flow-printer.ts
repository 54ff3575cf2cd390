import { FlowSchema, type Flow } from '@quadrant/proto'
import type { Context } from '../context.ts'
import type { Format } from '../output/format.ts'
import { rowPrinter, type RowPrinter } from '../output/row-printer.ts'
import { flowColumns } from './flow-columns.ts'

/** Writes flows to stdout as they come, in the format asked for. */
export function flowPrinter(format: Format, context: Context): RowPrinter<Flow> {
  return rowPrinter({ desc: FlowSchema, columns: flowColumns }, format, context)
}
