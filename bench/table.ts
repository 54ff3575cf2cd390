import type { Row } from './benchmark.ts'

const HEADINGS = ['case', 'unit', 'ours', 'peer', 'ratio', 'spread', 'goal', ''] as const

/** The rows as aligned text. */
export function table(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cells(row: Row): string[] {
  const { ratio, peer, peerName, spread, goal, met } = row
  return [
    row.case,
    row.unit,
    number(row.ours),
    peer === undefined ? '' : `${number(peer)} ${peerName ?? ''}`.trim(),
    ratio === undefined ? '' : ratio.toFixed(3),
    spread === undefined ? '' : `${number(spread[0])}–${number(spread[1])}`,
    goal === undefined ? '' : `≤ ${goal}`,
    met === undefined ? '' : met ? 'met' : 'missed',
  ]
}

function number(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3)
}
