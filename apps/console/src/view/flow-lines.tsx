import { formatBytes, formatDurationUs } from '@quadrant/core'
import type { Flow } from '@quadrant/proto'
import { clockTimeMs } from '../model/clock-text.ts'
import { toFlowRow } from '../model/flow-row.ts'
import { EventMark } from './event-mark.tsx'

const LINES_MAX = 12

/** A few flows, newest first, for where there is no room for the table. */
export function FlowLines({ flows }: { readonly flows: readonly Flow[] }) {
  const rows = flows
    .map(toFlowRow)
    .sort((a, b) => b.timeMs - a.timeMs)
    .slice(0, LINES_MAX)
  if (rows.length === 0) return <p class="muted">None in this range.</p>
  return (
    <ul class="lines">
      {rows.map((row) => (
        <li key={row.key}>
          <span class="mono muted">{clockTimeMs(row.timeMs)}</span>
          <EventMark row={row} />
          <span class="push muted">
            {row.error ||
              [
                row.bytesToServer === undefined
                  ? ''
                  : `${formatBytes(row.bytesToServer)} ↔ ${formatBytes(row.bytesToClient ?? 0)}`,
                row.durationUs > 0 ? formatDurationUs(row.durationUs) : '',
              ]
                .filter(Boolean)
                .join(', ')}
          </span>
        </li>
      ))}
    </ul>
  )
}
