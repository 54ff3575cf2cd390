import { create } from '@bufbuild/protobuf'
import { RuntimeEventSchema, type RuntimeEvent } from '@quadrant/proto'
import type { StoredRuntimeEvent } from '../store/runtime-store.ts'
import { endOf } from '../store/runtime-tables.ts'
import type { NsRange, Store } from '../store/store.ts'
import { processName, type Subject } from './subject.ts'

/** The newest `limit` collections and stops of the world of a range, by their ends. */
export async function queryRuntimeEvents(
  store: Store,
  { subject, range, limit }: { readonly subject: Subject; readonly range: NsRange; readonly limit: number },
): Promise<{ readonly events: readonly StoredRuntimeEvent[]; readonly omittedCount: number }> {
  const processes = new Map(subject.lives.map(({ process }) => [process.id, process]))
  const rows = { processes: subject.kind === 'all' ? undefined : [...processes.keys()], range }
  const [cycles, stops] = await Promise.all([
    store.runtime.gcCycles(rows, limit),
    store.runtime.worldStops(rows, limit),
  ])
  const events: StoredRuntimeEvent[] = []
  for (const value of cycles.rows) {
    const process = processes.get(value.process)
    if (process) events.push({ process, case: 'gcCycle', value })
  }
  for (const value of stops.rows) {
    const process = processes.get(value.process)
    if (process) events.push({ process, case: 'worldStop', value })
  }
  events.sort((a, b) => endOf(a) - endOf(b))
  const kept = events.slice(Math.max(0, events.length - limit))
  const read = cycles.rows.length + stops.rows.length
  return { events: kept, omittedCount: cycles.omittedCount + stops.omittedCount + read - kept.length }
}

/** An event as the API tells it: whose it is stands beside it, so its index is not set. */
export function runtimeEvent(event: StoredRuntimeEvent): RuntimeEvent {
  const { service, comm } = event.process
  return create(RuntimeEventSchema, {
    process: processName(event.process),
    service,
    comm,
    event:
      event.case === 'gcCycle'
        ? { case: 'gcCycle', value: { ...event.value, process: 0 } }
        : { case: 'worldStop', value: { ...event.value, process: 0 } },
  })
}
