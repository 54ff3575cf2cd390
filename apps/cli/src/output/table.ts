import type { Colour, Paint } from './paint.ts'
import { printable } from './printable.ts'
import { textWidth, truncate } from './width.ts'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Narrowest that it may be cut to on a terminal; without it the column is never cut. */
  readonly min?: number
  readonly colour?: (row: Row) => Colour | undefined
}

export interface TableOptions {
  readonly paint: Paint
  /** Columns of the terminal; undefined: nothing is cut. */
  readonly columns: number | undefined
}

const GAP = '  '

/**
 * Writes rows as aligned columns, batch after batch. A column grows as wider cells come and never shrinks,
 * so that a live stream stays aligned without being held back.
 */
export function tableWriter<Row>(
  columns: readonly Column<Row>[],
  options: TableOptions,
): (rows: readonly Row[]) => string {
  const widths = columns.map((column) => textWidth(column.title))
  let headed = false
  return (rows) => {
    const cells = rows.map((row) =>
      columns.map((column) => printable(column.cell(row)) || (column === columns.at(-1) ? '' : '–')),
    )
    for (const line of cells)
      for (const [i, cell] of line.entries()) widths[i] = Math.max(widths[i]!, textWidth(cell))
    const fitted = fitWidths(columns, widths, options.columns)
    let text = ''
    if (!headed) {
      headed = true
      text += line(
        columns.map((column) => column.title),
        () => 'dim',
      )
    }
    for (const [at, row] of rows.entries()) text += line(cells[at]!, (column) => column.colour?.(row))
    return text

    function line(texts: readonly string[], colour: (column: Column<Row>) => Colour | undefined): string {
      const parts = texts.map((cell, i) => {
        const column = columns[i]!
        const shown = truncate(cell, fitted[i]!)
        const space = ' '.repeat(Math.max(0, fitted[i]! - textWidth(shown)))
        const tint = colour(column)
        const painted = tint ? options.paint(tint, shown) : shown
        if (column.align === 'right') return space + painted
        return i === columns.length - 1 ? painted : painted + space
      })
      return `${parts.join(GAP).trimEnd()}\n`
    }
  }
}

/** All rows at once. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string {
  return tableWriter(columns, options)(rows)
}

/** Takes the excess from the widest columns that may be cut. */
function fitWidths<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  available: number | undefined,
): number[] {
  const fitted = [...widths]
  if (available === undefined) return fitted
  let excess = fitted.reduce((sum, width) => sum + width, 0) + GAP.length * (fitted.length - 1) - available
  while (excess > 0) {
    let widest = -1
    for (const [i, width] of fitted.entries()) {
      const min = columns[i]!.min
      if (min !== undefined && width > min && (widest === -1 || width > fitted[widest]!)) widest = i
    }
    if (widest === -1) break
    fitted[widest]!--
    excess--
  }
  return fitted
}
