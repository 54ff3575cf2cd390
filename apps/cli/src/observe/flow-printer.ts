import { FlowSchema, type Flow } from '@quadrant/proto'
import type { Context } from '../context.ts'
import type { Format } from '../output/format.ts'
import { jsonEncoder, jsonLine, type JsonValue } from '../output/json.ts'
import { printableJson } from '../output/printable.ts'
import { tableWriter } from '../output/table.ts'
import { flowColumns } from './flow-columns.ts'

export interface FlowPrinter {
  print(flows: readonly Flow[]): void
  /** Closes the JSON array, where there is one. */
  end(): void
}

/** Writes flows to stdout as they come, in the format asked for. */
export function flowPrinter(format: Format, context: Context): FlowPrinter {
  const encode = jsonEncoder(FlowSchema)
  switch (format) {
    case 'jsonl':
      return {
        print: (flows) => write(context, flows.map((flow) => jsonLine(encode(flow))).join('')),
        end: () => {},
      }
    case 'json': {
      let lead = '[\n'
      return {
        print(flows) {
          for (const flow of flows) {
            write(context, lead + printableJson(JSON.stringify(encode(flow) satisfies JsonValue)))
            lead = ',\n'
          }
        },
        end: () => write(context, lead === '[\n' ? '[]\n' : '\n]\n'),
      }
    }
    default: {
      const rows = tableWriter(flowColumns(format === 'wide', context.now()), {
        paint: context.paint,
        columns: format === 'wide' ? undefined : context.stdout.columns,
      })
      return {
        print: (flows) => {
          if (flows.length > 0) write(context, rows(flows))
        },
        end: () => {},
      }
    }
  }
}

function write(context: Context, text: string): void {
  if (text !== '') context.stdout.write(text)
}
