import { useSignal } from '@preact/signals'
import { formatBytes, formatCount } from '@quadrant/core'
import { status } from '../app/live-data.ts'
import { everyone, everyoneError } from '../app/subjects.ts'
import { go, view } from '../app/view.ts'
import { finder } from '../model/find-words.ts'
import {
  figureSum,
  isEnded,
  listRows,
  rowState,
  rowTexts,
  serviceGroups,
  type ServiceListRow,
} from '../model/service-groups.ts'
import { processTitle } from '../model/subjects.ts'
import { commandCall, startCommand } from '../model/command-twin.ts'
import { CommandLine } from './command-line.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

/** Every service that is known, with its processes below it: those in Go first. */
export function ServiceList() {
  const turned = useSignal<ReadonlySet<string>>(new Set())
  const answer = everyone.value
  if (!answer)
    return (
      <div class="empty" role="status">
        <p>{everyoneError.value || 'Asking the server…'}</p>
      </div>
    )
  const isFound = finder(view.value.find)
  const groups = serviceGroups(answer, { isFound, turned: turned.value })
  const processes = groups.reduce((sum, group) => sum + group.processes.length, 0)
  return (
    <>
      <VirtualTable
        label="Services and processes"
        rows={listRows(groups)}
        columns={COLUMNS}
        rowKey={({ kind, id }) => `${kind} ${id}`}
        onSelect={(row) => {
          if (row.id !== '') go({ selection: row.id })
          else if (row.kind === 'service') turn(row.name)
        }}
        tree={{
          isOpen: (row) => (row.kind === 'service' ? row.isOpen : undefined),
          onTurn: (row) => row.kind === 'service' && turn(row.name),
        }}
        empty={<NoProcesses isFiltered={isFound !== undefined} />}
        widthMin={1000}
      />
      <div class="status-line">
        <span>
          {formatCount(groups.length)} services of {formatCount(processes)} processes, those in Go on top
        </span>
        {answer.instancesOmitted > 0 && (
          <span class="lossy">{formatCount(answer.instancesOmitted)} more are not listed</span>
        )}
      </div>
    </>
  )

  function turn(name: string): void {
    turned.value = turned.peek().symmetricDifference(new Set([name]))
  }
}

function NoProcesses({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <p>No process has what is searched for inside.</p>
  if (!status.value?.agents.some(({ connected }) => connected))
    return (
      <div class="no-flows">
        <p>No agent is connected. This starts one with the server:</p>
        <CommandLine command={startCommand(commandCall(status.value))} />
      </div>
    )
  return (
    <div class="no-flows">
      <p>The agent has told no process yet. A small shop of Go services under load fills this page:</p>
      <CommandLine command={startCommand(commandCall(status.value), { demo: true })} />
    </div>
  )
}

function title(row: ServiceListRow) {
  if (row.kind === 'process')
    return (
      <>
        {processTitle(row.instance)}
        {isEnded(row.instance) && <span class="muted"> ended</span>}
      </>
    )
  const count = row.processes.length
  return (
    <>
      <strong>{row.name || 'Of no service'}</strong>
      <span class="muted">
        {' '}
        {count === 1 ? processTitle(row.processes[0]!.instance) : `${formatCount(count)} processes`}
      </span>
    </>
  )
}

function figure(row: ServiceListRow, name: 'heapLiveBytes' | 'goroutines', text: (value: number) => string) {
  const sum = figureSum(row, name)
  return sum === undefined ? '–' : text(sum)
}

const COLUMNS: readonly Column<ServiceListRow>[] = [
  {
    id: 'service',
    title: 'Service, process',
    width: 'minmax(220px, 2.5fr)',
    cell: title,
    hint: ({ id }) => id,
  },
  { id: 'host', title: 'Host', width: 'minmax(90px, 1fr)', cell: (row) => rowTexts(row).host },
  {
    id: 'runtime',
    title: 'Runtime',
    width: 'minmax(120px, 1fr)',
    cell: (row) => rowTexts(row).runtime || <span class="muted">not told</span>,
    hint: (row) => rowTexts(row).runtime,
  },
  {
    id: 'main',
    title: 'Main package',
    width: 'minmax(160px, 2fr)',
    mono: true,
    cell: (row) => rowTexts(row).main || '–',
    hint: (row) => rowTexts(row).main,
  },
  {
    id: 'heap',
    title: 'Heap live',
    width: '92px',
    right: true,
    cell: (row) => figure(row, 'heapLiveBytes', formatBytes),
  },
  {
    id: 'goroutines',
    title: 'Goroutines',
    width: '92px',
    right: true,
    cell: (row) => figure(row, 'goroutines', formatCount),
  },
  {
    id: 'state',
    title: 'State',
    width: 'minmax(150px, 1.5fr)',
    cell: (row) => {
      const { text, isBad } = rowState(row)
      return <span class={isBad ? 'tone-warn' : 'muted'}>{text}</span>
    },
    hint: (row) => rowState(row).text,
  },
]
