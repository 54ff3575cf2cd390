import { useEffect } from 'preact/hooks'
import { formatCount } from '@quadrant/core'
import {
  captured,
  capturedAnswer,
  capturedError,
  loadOlderCaptured,
  startCapturedRequests,
} from '../app/captured-requests.ts'
import { status } from '../app/live-data.ts'
import { go, nowMs, view } from '../app/view.ts'
import { durationText, type CapturedEnd, type CapturedRow } from '../model/captured-row.ts'
import { clockTimeMs, intervalText } from '../model/clock-text.ts'
import { commandCall, requestsCommand } from '../model/command-twin.ts'
import { CapturedPanel } from './captured-panel.tsx'
import { EndingMark } from './ending-mark.tsx'
import { EndCell } from './end-cell.tsx'
import { CommandLine } from './command-line.tsx'
import { FilterChips } from './filter-chips.tsx'
import { FlowRowsSwitch } from './flow-rows-switch.tsx'
import { Icon } from './icon.tsx'
import { NewerButton, useHeldRows } from './held-rows.tsx'
import { LostRecords } from './lost-records.tsx'
import { SamplingPanel } from './sampling-panel.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

const CHIPS = [
  { term: 'status:error', title: 'Failed' },
  { term: 'status:client-error', title: 'Refused' },
  { term: 'proto:http1', title: 'HTTP/1' },
  { term: 'proto:http2', title: 'HTTP/2' },
  { term: 'proto:grpc', title: 'gRPC' },
  { term: 'duration:>100', title: 'Over 100 ms' },
] as const

/** Requests that were captured in full, one a row. */
export function CapturedPage() {
  useEffect(startCapturedRequests, [])
  const { selection, time } = view.value
  const buffer = captured.value
  const answer = capturedAnswer.value
  const { rows, newer, release, onTop } = useHeldRows(buffer.rows, () => captured.peek().rows)
  const selected = selection.startsWith('request:')
    ? rows.find((row) => `request:${row.key}` === selection)
    : undefined
  return (
    <>
      <div class="page-main">
        <div class="toolbar">
          <FlowRowsSwitch />
          <FilterChips chips={CHIPS} />
          <button
            class="button push"
            aria-pressed={selection === 'sampling'}
            title="Which requests are captured"
            onClick={() => go({ selection: selection === 'sampling' ? '' : 'sampling' })}
          >
            <Icon name="record" />
            Sampling
          </button>
        </div>
        {capturedError.value !== '' && (
          <p class="banner" role="alert">
            {capturedError.value}
          </p>
        )}
        <div class="flows">
          <NewerButton newer={newer} words="Newer requests" onRelease={release} />
          <VirtualTable
            label="Captured requests"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => `request:${row.key}`}
            selectedKey={selection}
            onSelect={(row) => {
              const key = `request:${row.key}`
              go({ selection: key === selection ? '' : key }, { replace: true })
            }}
            onTop={onTop}
            empty={answer ? <NoCaptures /> : 'Asking the server…'}
            widthMin={1180}
          />
        </div>
        <div class="status-line">
          <span>{formatCount(buffer.rows.length)} captured requests</span>
          <span>
            {time.kind === 'live'
              ? 'newest first, live'
              : intervalText(time.startMs, time.endMs, nowMs.value)}
          </span>
          {buffer.nextBefore > 0 && (
            <button
              class="ink-accent"
              onClick={() => {
                release()
                void loadOlderCaptured()
              }}
            >
              Load older ones
            </button>
          )}
          {buffer.forgottenCount > 0 && (
            <span class="lossy">
              {formatCount(buffer.forgottenCount)} older ones are no longer held here; the store has them
            </span>
          )}
          {answer && (
            <span>
              {formatCount(answer.kept)} of at most {formatCount(answer.keptLimit)} kept in the store
            </span>
          )}
          {answer && <LostRecords drops={answer.drops} />}
        </div>
      </div>
      {selected ? <CapturedPanel row={selected} /> : selection === 'sampling' && <SamplingPanel />}
    </>
  )
}

function NoCaptures() {
  const { query } = view.value
  return (
    <div class="no-flows">
      <p>
        {query === ''
          ? 'No request was captured in this range. All are counted; captured are those that a sampling rule asks for, by a header for example.'
          : 'No captured request in this range matches the filter.'}
      </p>
      {query === '' ? (
        <>
          <button class="button" onClick={() => go({ selection: 'sampling' })}>
            Sampling rules
          </button>
          <p class="muted">Or from a terminal:</p>
          <CommandLine
            command={requestsCommand('add high --header X-Trace-Sampling=high', commandCall(status.value))}
          />
        </>
      ) : (
        <button class="button" onClick={() => go({ query: '' })}>
          Clear the filter
        </button>
      )}
    </div>
  )
}

const endHint = ({ name, address, port, pid }: CapturedEnd) =>
  `${name}\n${address}:${port}${pid > 0 ? `\npid ${pid}` : ''}`

const COLUMNS: readonly Column<CapturedRow>[] = [
  {
    id: 'time',
    title: 'Time',
    width: '112px',
    mono: true,
    cell: (row) => clockTimeMs(row.timeMs),
    hint: (row) => new Date(row.timeMs).toISOString(),
  },
  { id: 'method', title: 'Method', width: '80px', mono: true, cell: (row) => row.method || '–' },
  {
    id: 'route',
    title: 'Route',
    width: 'minmax(200px, 3fr)',
    mono: true,
    cell: (row) => row.route || row.target || '–',
    hint: (row) => row.target,
  },
  {
    id: 'status',
    title: 'Status',
    width: 'minmax(136px, 1fr)',
    cell: (row) => <EndingMark ending={row.request} />,
    hint: (row) => row.status,
  },
  {
    id: 'duration',
    title: 'Duration',
    width: '94px',
    right: true,
    cell: (row) => durationText(row) ?? '–',
    hint: (row) => (row.durationNs === undefined ? 'Its last byte was not seen' : ''),
  },
  {
    id: 'client',
    title: 'Client',
    width: 'minmax(120px, 1.4fr)',
    cell: (row) => <EndCell end={row.client} />,
    hint: (row) => endHint(row.client),
  },
  {
    id: 'server',
    title: 'Server',
    width: 'minmax(120px, 1.4fr)',
    cell: (row) => <EndCell end={row.server} />,
    hint: (row) => endHint(row.server),
  },
  { id: 'protocol', title: 'Protocol', width: '74px', mono: true, cell: (row) => row.protocol },
  {
    id: 'trace',
    title: 'Trace',
    width: 'minmax(110px, 1.2fr)',
    mono: true,
    cell: (row) => row.traceId || '–',
    hint: (row) => row.traceId,
  },
]
