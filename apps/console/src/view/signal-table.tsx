import { formatCount, formatShare } from '@quadrant/core'
import { clockTime } from '../model/clock-text.ts'
import { timeText } from '../model/request-signals.ts'
import type { SignalStep, SignalStrip } from '../model/signal-lanes.ts'
import { VirtualTable, type Column } from './virtual-table.tsx'

/** The twin of the strip of requests: each step of time as a row, the newest first. */
export function SignalTable({ strip }: { readonly strip: SignalStrip }) {
  return (
    <VirtualTable
      label="Requests over time"
      rows={strip.steps.toReversed()}
      columns={COLUMNS}
      rowKey={({ startMs }) => String(startMs)}
      empty="No request was served in this range."
      widthMin={820}
    />
  )
}

const count = (
  id: 'requests' | 'errors' | 'aborted' | 'clientErrors',
  title: string,
): Column<SignalStep> => ({
  id,
  title,
  width: 'minmax(84px, 1fr)',
  right: true,
  cell: ({ signals }) => formatCount(signals[id]),
})
const time = (id: 'p50Ns' | 'p99Ns' | 'maxNs', title: string): Column<SignalStep> => ({
  id,
  title,
  width: 'minmax(84px, 1fr)',
  right: true,
  cell: ({ signals }) => timeText(signals, id),
})

const COLUMNS: readonly Column<SignalStep>[] = [
  {
    id: 'time',
    title: 'Time',
    width: '112px',
    mono: true,
    cell: ({ startMs }) => clockTime(startMs),
    hint: ({ startMs }) => new Date(startMs).toISOString(),
  },
  count('requests', 'Requests'),
  {
    id: 'rate',
    title: 'A second',
    width: 'minmax(84px, 1fr)',
    right: true,
    cell: ({ signals }) => formatCount(signals.requestsPerSecond),
  },
  count('errors', 'Failed'),
  {
    id: 'errorShare',
    title: 'Failed, %',
    width: 'minmax(84px, 1fr)',
    right: true,
    cell: ({ signals }) => (
      <span class={signals.errors > 0 ? 'tone-errors' : ''}>{formatShare(signals.errorShare)}</span>
    ),
  },
  count('aborted', 'Aborted'),
  count('clientErrors', 'Refused'),
  time('p50Ns', 'p50'),
  time('p99Ns', 'p99'),
  time('maxNs', 'Longest'),
]
