import { formatBytes, formatCount, formatDurationUs } from '@quadrant/core'
import { flowLosses, flows, flowsOmitted, refusedReason } from '../app/live-data.ts'
import { go, nowMs, view } from '../app/view.ts'
import { clockTimeMs, intervalText } from '../model/clock-text.ts'
import { lostFlows } from '../model/flow-losses.ts'
import type { FlowEnd, FlowRow } from '../model/flow-row.ts'
import { CommandLine, CONNECT_COMMAND } from './command-line.tsx'
import { EventMark } from './event-mark.tsx'
import { EndCell } from './end-cell.tsx'
import { FilterChips } from './filter-chips.tsx'
import { FlowPanel } from './flow-panel.tsx'
import { FlowRowsSwitch } from './flow-rows-switch.tsx'
import { lazyView } from './lazy-view.tsx'
import { NewerButton, useHeldRows } from './held-rows.tsx'
import { LostRecords } from './lost-records.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

/** Terms that one presses rather than types. */
const CHIPS = [
  { term: 'status:failed', title: 'Failed' },
  { term: 'status:reset', title: 'Reset' },
  { term: 'status:open', title: 'Open' },
  { term: 'event:listen', title: 'Listening' },
  { term: 'proto:tcp', title: 'TCP' },
  { term: 'proto:udp', title: 'UDP' },
] as const

/** What passes, one a row: connections, or requests that were captured. */
export function FlowsPage() {
  return view.value.rows === 'requests' ? <LazyCaptured /> : <ConnectionsPage />
}

const LazyCaptured = lazyView(() => import('./captured-page.tsx').then((it) => it.CapturedPage), {
  waiting: 'Loading requests…',
})

function ConnectionsPage() {
  const { selection, time } = view.value
  const live = time.kind === 'live'
  const buffer = flows.value
  const { rows, newer, release, onTop } = useHeldRows(buffer.rows, () => flows.peek().rows)
  const selected = selection.startsWith('flow:')
    ? rows.find((row) => `flow:${row.key}` === selection)
    : undefined
  return (
    <>
      <div class="page-main">
        <div class="toolbar">
          <FlowRowsSwitch />
          <FilterChips chips={CHIPS} />
          {refusedReason.value !== '' && <span class="tone-failures">{refusedReason.value}</span>}
        </div>
        <div class="flows">
          <NewerButton newer={newer} words="Newer flows" onRelease={release} />
          <VirtualTable
            label="Flows"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => `flow:${row.key}`}
            selectedKey={selection}
            onSelect={(row) =>
              go({ selection: `flow:${row.key}` === selection ? '' : `flow:${row.key}` }, { replace: true })
            }
            onTop={onTop}
            empty={<NoFlows live={live} />}
            widthMin={1180}
          />
        </div>
        <div class="status-line">
          <span>{formatCount(buffer.rows.length)} flows</span>
          <span>{live ? 'newest first, live' : intervalText(time.startMs, time.endMs, nowMs.value)}</span>
          {flowsOmitted.value > 0 && (
            <span class="lossy">{formatCount(flowsOmitted.value)} more were left out by the server</span>
          )}
          {buffer.forgottenCount > 0 && (
            <span class="lossy">
              {formatCount(buffer.forgottenCount)} older ones are no longer held here; the store has them
            </span>
          )}
          <LostRecords drops={lostFlows(flowLosses.value)} />
        </div>
      </div>
      {selected && <FlowPanel row={selected} />}
    </>
  )
}

function NoFlows({ live }: { readonly live: boolean }) {
  return (
    <div class="no-flows">
      <p>
        {live ? 'No connection opened, failed or closed in this window.' : 'No flow was kept for this range.'}
      </p>
      {view.value.query !== '' ? (
        <button class="button" onClick={() => go({ query: '' })}>
          Clear the filter
        </button>
      ) : (
        <CommandLine command={CONNECT_COMMAND} />
      )}
    </div>
  )
}

const endHint = (end: FlowEnd) =>
  end.name === '' ? '' : `${end.name}\n${end.address}:${end.port}${end.pid > 0 ? `\npid ${end.pid}` : ''}`
const bytesText = (bytes: number | undefined) => (bytes === undefined ? '–' : formatBytes(bytes))

const COLUMNS: readonly Column<FlowRow>[] = [
  {
    id: 'time',
    title: 'Time',
    width: '112px',
    mono: true,
    cell: (row) => clockTimeMs(row.timeMs),
    hint: (row) => new Date(row.timeMs).toISOString(),
  },
  { id: 'event', title: 'Event', width: '92px', cell: (row) => <EventMark row={row} /> },
  {
    id: 'from',
    title: 'From',
    width: 'minmax(140px, 2fr)',
    cell: (row) => <EndCell end={row.from} />,
    hint: (row) => endHint(row.from),
  },
  {
    id: 'to',
    title: 'To',
    width: 'minmax(140px, 2fr)',
    cell: (row) => <EndCell end={row.to} />,
    hint: (row) => endHint(row.to),
  },
  { id: 'port', title: 'Port', width: '64px', right: true, mono: true, cell: (row) => row.to.port },
  { id: 'protocol', title: 'Protocol', width: '72px', mono: true, cell: (row) => row.protocol },
  {
    id: 'toServer',
    title: 'To server',
    width: '88px',
    right: true,
    cell: (row) => bytesText(row.bytesToServer),
  },
  {
    id: 'toClient',
    title: 'To client',
    width: '88px',
    right: true,
    cell: (row) => bytesText(row.bytesToClient),
  },
  {
    id: 'rtt',
    title: 'RTT',
    width: '76px',
    right: true,
    cell: (row) => (row.srttUs > 0 ? formatDurationUs(row.srttUs) : '–'),
  },
  {
    id: 'duration',
    title: 'Duration',
    width: '88px',
    right: true,
    cell: (row) => (row.durationUs > 0 ? formatDurationUs(row.durationUs) : '–'),
  },
  {
    id: 'error',
    title: 'Error',
    width: 'minmax(110px, 1fr)',
    mono: true,
    cell: (row) => row.error,
    hint: (row) => row.errorText,
  },
]
