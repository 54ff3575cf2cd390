import { type GcField, GC_FIELD_INDEX } from './gc-field.ts'
import type { GcEvent } from './gc-record.ts'

/** What made the runtime collect; `unknown` for a number that no version has. */
export type CollectionTrigger = 'heap' | 'time' | 'forced' | 'unknown'

/** A cycle that marks. Times are of the kernel's clock, ns. */
export interface OpenCollection {
  readonly startTs: number
  readonly sweepTerminationNs: number
  readonly trigger: CollectionTrigger
  readonly procs: number
  readonly heapStartBytes: number | undefined
  readonly number: number | undefined
}

/** A cycle that is over. What could not be read is undefined. */
export interface Collection extends OpenCollection {
  readonly endTs: number
  readonly markTerminationStartTs: number
  readonly markTerminationNs: number
  readonly heapEndBytes: number | undefined
  readonly heapLiveBytes: number | undefined
  readonly heapGoalBytes: number | undefined
  readonly nextHeapGoalBytes: number | undefined
  readonly assistNs: number | undefined
  /** Of workers that have a processor for themselves, or a part of one. */
  readonly dedicatedNs: number | undefined
  readonly idleNs: number | undefined
}

/** `runtime.gcTriggerKind`, the same in all versions. */
const TRIGGERS: readonly CollectionTrigger[] = ['heap', 'time', 'forced']

export function beginCollection(startTs: number, begin: GcEvent): OpenCollection {
  return {
    startTs,
    sweepTerminationNs: 0,
    trigger: TRIGGERS[begin.argument] ?? 'unknown',
    procs: begin.procs,
    heapStartBytes: figure(begin, 'heapLive'),
    number: figure(begin, 'cycles'),
  }
}

interface LastStop {
  readonly startTs: number
  readonly markTermination: GcEvent | undefined
}

/** @param start the record of the world's being started again */
export function endCollection(cycle: OpenCollection, stop: LastStop, start: GcEvent): Collection {
  const { startTs, markTermination } = stop
  const dedicated = figure(start, 'dedicatedTime')
  return {
    ...cycle,
    number: figure(start, 'numGc') ?? cycle.number,
    endTs: start.ts,
    markTerminationStartTs: startTs,
    markTerminationNs: start.ts - startTs,
    heapEndBytes: markTermination && figure(markTermination, 'heapLive'),
    heapLiveBytes: figure(start, 'heapMarked'),
    heapGoalBytes: figure(start, 'heapGoal'),
    nextHeapGoalBytes: figure(start, 'nextHeapGoal'),
    assistNs: figure(start, 'assistTime'),
    dedicatedNs: dedicated === undefined ? undefined : dedicated + (figure(start, 'fractionalTime') ?? 0),
    idleNs: figure(start, 'idleTime'),
  }
}

function figure({ figures }: GcEvent, field: GcField): number | undefined {
  return figures?.[GC_FIELD_INDEX[field]]
}
