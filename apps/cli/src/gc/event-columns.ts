import { formatBytes, formatDurationNs, parseCoordinate } from '@quadrant/core'
import { GcTrigger, type GcCycle, type RuntimeEvent, type WorldStop } from '@quadrant/proto'
import type { Colour } from '../output/paint.ts'
import type { Column } from '../output/table.ts'
import { formatClock } from '../output/time.ts'

/** A request that waits so long for a pause is noticed by others. */
const PAUSE_NS_NOTICED = 1e6
const PAUSE_NS_BAD = 10e6

/** Columns of collections, and of other stops of the world; `nowMs` tells which day is today. */
export function eventColumns(wide: boolean, nowMs: number): readonly Column<RuntimeEvent>[] {
  const columns: Column<RuntimeEvent>[] = [
    { title: 'TIME', cell: (event) => formatClock(startNs(event) / 1e6, nowMs) },
    { title: 'PROCESS', cell: processName, min: 10 },
    { title: 'TRIGGER', cell: trigger },
    {
      title: 'PAUSE 1',
      cell: (event) => duration(firstPauseNs(event)),
      align: 'right',
      colour: (event) => pauseColour(firstPauseNs(event)),
    },
    {
      title: 'PAUSE 2',
      cell: (event) => duration(cycle(event)?.markTerminationNs ?? 0),
      align: 'right',
      colour: (event) => pauseColour(cycle(event)?.markTerminationNs ?? 0),
    },
    { title: 'TOTAL', cell: (event) => duration(lengthNs(event)), align: 'right' },
    { title: 'HEAP', cell: (event) => heap(cycle(event)), align: 'right' },
    { title: 'GOAL', cell: (event) => bytes(cycle(event)?.heapGoalBytes), align: 'right' },
    { title: 'ASSISTS', cell: (event) => duration(cycle(event)?.assistNs ?? 0), align: 'right' },
  ]
  if (wide)
    columns.push(
      { title: 'CYCLE', cell: (event) => count(cycle(event)?.number), align: 'right' },
      { title: 'HEAP END', cell: (event) => bytes(cycle(event)?.heapEndBytes), align: 'right' },
      { title: 'NEXT GOAL', cell: (event) => bytes(cycle(event)?.nextHeapGoalBytes), align: 'right' },
      { title: 'WORKERS', cell: (event) => duration(cycle(event)?.dedicatedNs ?? 0), align: 'right' },
      { title: 'IDLE', cell: (event) => duration(cycle(event)?.idleNs ?? 0), align: 'right' },
      { title: 'PROCS', cell: (event) => count(cycle(event)?.gomaxprocs), align: 'right' },
      { title: 'COMM', cell: (event) => event.comm },
      { title: 'COORDINATE', cell: (event) => event.process },
    )
  return columns
}

function cycle({ event }: RuntimeEvent): GcCycle | undefined {
  return event.case === 'gcCycle' ? event.value : undefined
}

function stop({ event }: RuntimeEvent): WorldStop | undefined {
  return event.case === 'worldStop' ? event.value : undefined
}

export function startNs(event: RuntimeEvent): number {
  return event.event.value?.startNs ?? 0
}

/** `cart (4711)`. The pid is last: it may be cut. */
function processName({ process, service, comm }: RuntimeEvent): string {
  const { value } = parseCoordinate(process)
  const name = service || comm
  if (value?.kind !== 'proc') return name || process
  const pid = value.key.split('@')[0]!
  return name === '' ? pid : `${name} (${pid})`
}

const TRIGGERS: Readonly<Record<number, string>> = {
  [GcTrigger.UNSPECIFIED]: '',
  [GcTrigger.HEAP]: 'heap',
  [GcTrigger.TIME]: 'time',
  [GcTrigger.FORCED]: 'forced',
}

/** Why it collected; for other stops of the world `stop` and the runtime's own word, where it has one. */
function trigger(event: RuntimeEvent): string {
  const stopped = stop(event)
  if (stopped) return stopped.reason === '' ? 'stop' : `stop: ${stopped.reason}`
  const collected = cycle(event)
  return collected ? (TRIGGERS[collected.trigger] ?? String(collected.trigger)) : ''
}

function firstPauseNs(event: RuntimeEvent): number {
  return cycle(event)?.sweepTerminationNs ?? stop(event)?.durationNs ?? 0
}

/** From the begin of the first pause to the end of the second. */
function lengthNs(event: RuntimeEvent): number {
  const collected = cycle(event)
  return collected ? collected.endNs - collected.startNs : (stop(event)?.durationNs ?? 0)
}

function pauseColour(ns: number): Colour | undefined {
  if (ns >= PAUSE_NS_BAD) return 'red'
  return ns >= PAUSE_NS_NOTICED ? 'yellow' : undefined
}

/** Before → what was found live. 0 is not known. */
function heap(collected: GcCycle | undefined): string {
  if (!collected || (collected.heapStartBytes === 0 && collected.heapLiveBytes === 0)) return ''
  return `${bytes(collected.heapStartBytes) || '?'} → ${bytes(collected.heapLiveBytes) || '?'}`
}

function bytes(value: number | undefined): string {
  return value ? formatBytes(value) : ''
}

function count(value: number | undefined): string {
  return value ? String(value) : ''
}

function duration(ns: number): string {
  return ns > 0 ? formatDurationNs(ns) : ''
}
