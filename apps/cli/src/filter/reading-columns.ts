import { formatBytes, formatCount, formatDurationNs, formatRate } from '@quadrant/core'
import type { FilterReading, FilterState, NamedCount } from '@quadrant/proto'
import type { Column } from '../output/table.ts'
import { formatAgo } from '../output/time.ts'

/** What a gateway counts of a filter; empty where nobody knows. */
export function readingColumns(nowMs: number): readonly Column<FilterState>[] {
  return [
    column('STREAMS/S', ({ streamsPerSecond }) =>
      streamsPerSecond === undefined ? '' : formatRate(streamsPerSecond),
    ),
    column('STREAMS', ({ use }) => formatCount(use!.streams)),
    column('CALL P50', ({ use }) => duration(use!.callP50Ns)),
    column('CALL P99', ({ use }) => duration(use!.callP99Ns)),
    column('MEMORY', ({ use }) => formatBytes(use!.memoryBytes)),
    {
      title: 'CRASHES',
      cell: ({ reading }) => countsText(reading?.use?.crashes),
      colour: ({ reading }) => (reading?.use?.crashes.length ? 'red' : undefined),
    },
    { title: 'LIMITS HIT', cell: ({ reading }) => countsText(reading?.use?.limitsHit) },
    { title: 'THREADS', cell: ({ reading }) => countsText(reading?.use?.threads) },
    column('COUNTED', ({ receivedNs }) => formatAgo(receivedNs / 1e6, nowMs)),
  ]
}

function column(title: string, text: (reading: FilterReading) => string): Column<FilterState> {
  return { title, align: 'right', cell: ({ reading }) => (reading?.use ? text(reading) : '') }
}

function countsText(counts: readonly NamedCount[] = []): string {
  return counts.map(({ name, count }) => `${formatCount(count)} ${name}`).join(', ')
}

function duration(ns: number): string {
  return ns > 0 ? formatDurationNs(ns) : ''
}
