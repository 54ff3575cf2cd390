import { formatBytes, formatDurationNs } from '@quadrant/core'
import { go, view } from '../app/view.ts'
import { clockTimeMs } from '../model/clock-text.ts'
import {
  eventFlows,
  eventPauseNs,
  eventSpan,
  runtimeEvents,
  type RuntimeEvent,
} from '../model/runtime-event.ts'
import type { RuntimeStrip } from '../model/runtime-strip.ts'
import { subjectTitle } from '../model/subjects.ts'
import { VirtualTable, type Column } from './virtual-table.tsx'

/** Collections and stops as rows, the newest first: the strip's twin. */
export function EventTable({ strip }: { readonly strip: RuntimeStrip }) {
  const rows = runtimeEvents(strip).toReversed()
  return (
    <VirtualTable
      label="Collections and stops"
      rows={rows}
      columns={columnsOf(strip)}
      rowKey={({ key }) => key}
      selectedKey={view.value.item}
      onSelect={({ key }) => go({ item: key === view.peek().item ? '' : key }, { replace: true })}
      empty="No collection and no other stop of the world in this range."
      widthMin={1280}
    />
  )
}

function columnsOf(strip: RuntimeStrip): readonly Column<RuntimeEvent>[] {
  const process = (event: RuntimeEvent) =>
    subjectTitle(
      strip.processes[event.kind === 'collection' ? event.collection.process : event.stop.process] ?? '',
    )
  const cycle = (event: RuntimeEvent) => (event.kind === 'collection' ? event.collection.source : undefined)
  const bytes = (value: number | undefined) => (value ? formatBytes(value) : '–')
  const duration = (ns: number | undefined) => (ns === undefined ? '–' : formatDurationNs(ns))
  const right = { right: true }
  return [
    {
      id: 'time',
      title: 'Time',
      width: '112px',
      mono: true,
      cell: (event) => clockTimeMs(eventSpan(event).startMs),
    },
    { id: 'process', title: 'Process', width: 'minmax(110px, 1fr)', cell: process, hint: process },
    {
      id: 'what',
      title: 'What',
      width: '120px',
      cell: (event) => {
        const number = cycle(event)?.number ?? 0
        return event.kind === 'stop' ? 'stop' : number > 0 ? `collection ${number}` : 'collection'
      },
    },
    {
      id: 'why',
      title: 'Why',
      width: 'minmax(150px, 1.5fr)',
      cell: (event) => (event.kind === 'collection' ? event.collection.trigger : event.stop.reason),
      hint: (event) => (event.kind === 'collection' ? event.collection.trigger : event.stop.reason),
    },
    {
      id: 'took',
      title: 'Took',
      width: '84px',
      ...right,
      cell: (event) => duration((eventSpan(event).endMs - eventSpan(event).startMs) * 1e6),
    },
    {
      id: 'first',
      title: 'Pause 1',
      width: '84px',
      ...right,
      cell: (event) => duration(cycle(event)?.sweepTerminationNs ?? eventPauseNs(event)),
    },
    {
      id: 'second',
      title: 'Pause 2',
      width: '84px',
      ...right,
      cell: (event) => duration(cycle(event)?.markTerminationNs),
    },
    {
      id: 'heap',
      title: 'Heap',
      width: '84px',
      ...right,
      cell: (event) => bytes(cycle(event)?.heapStartBytes),
    },
    {
      id: 'live',
      title: 'Live',
      width: '84px',
      ...right,
      cell: (event) => bytes(cycle(event)?.heapLiveBytes),
    },
    {
      id: 'goal',
      title: 'Goal',
      width: '84px',
      ...right,
      cell: (event) => bytes(cycle(event)?.heapGoalBytes),
    },
    {
      id: 'assist',
      title: 'Assists',
      width: '84px',
      ...right,
      cell: (event) => duration(cycle(event)?.assistNs || undefined),
    },
    {
      id: 'held',
      title: 'Open under it',
      width: 'minmax(150px, 1.5fr)',
      cell: (event) => {
        const held = eventFlows(event, strip)
        return held.length === 0 ? '–' : `${held.length}: ${held[0]!.flow.from} → ${held[0]!.flow.to}`
      },
    },
  ]
}
