import { create } from '@bufbuild/protobuf'
import { formatBytes, formatCount, formatDurationNs, formatRate } from '@quadrant/core'
import { FilterUseSchema, type FilterReading, type FilterUse, type NamedCount } from '@quadrant/proto'
import type { Column } from '../output/table.ts'
import { formatAgo } from '../output/time.ts'

/** What a gateway counts of a filter; empty where nobody knows. */
export function readingColumns<Row>(
  nowMs: number,
  readingOf: (row: Row) => FilterReading | undefined,
): readonly Column<Row>[] {
  const number = (title: string, text: (reading: FilterReading) => string): Column<Row> => ({
    title,
    align: 'right',
    cell: (row) => {
      const reading = readingOf(row)
      return reading ? text(reading) : ''
    },
  })
  const counts = (title: string, of: (use: FilterUse) => readonly NamedCount[]): Column<Row> => ({
    title,
    cell: (row) => countsText(of(readingOf(row)?.use ?? NOTHING)),
  })
  return [
    number('STREAMS/S', ({ streamsPerSecond: rate }) => (rate === undefined ? '' : formatRate(rate))),
    number('STREAMS', ({ use }) => formatCount(use?.streams ?? 0)),
    number('CALL P50', ({ use }) => duration(use?.callP50Ns)),
    number('CALL P99', ({ use }) => duration(use?.callP99Ns)),
    number('MEMORY', ({ use }) => formatBytes(use?.memoryBytes ?? 0)),
    {
      ...counts('CRASHES', ({ crashes }) => crashes),
      colour: (row) => (readingOf(row)?.use?.crashes.length ? 'red' : undefined),
    },
    number('REFUSED', ({ use }) => (use?.refused ? formatCount(use.refused) : '')),
    number('BYPASSED', ({ use }) => (use?.bypassed ? formatCount(use.bypassed) : '')),
    counts('LIMITS HIT', ({ limitsHit }) => limitsHit),
    counts('THREADS', ({ threads }) => threads),
    number('COUNTED', ({ receivedNs }) => formatAgo(receivedNs / 1e6, nowMs)),
  ]
}

const NOTHING = create(FilterUseSchema)

function countsText(counts: readonly NamedCount[]): string {
  return counts.map(({ name, count }) => `${formatCount(count)} ${name}`).join(', ')
}

function duration(ns = 0): string {
  return ns > 0 ? formatDurationNs(ns) : ''
}
