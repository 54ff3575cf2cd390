import { heapGoalBytes } from '@quadrant/golang'
import type { GcField } from './gc-field.ts'
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
    heapStartBytes: figure(begin, 'workType.heap0') ?? figure(begin, 'gcControllerState.heapLive'),
    number: figure(begin, 'workType.cycles'),
  }
}

interface LastStop {
  readonly startTs: number
  readonly markTermination: GcEvent | undefined
}

/**
 * @param start the record of the world's being started again
 * @param minor of the Go version, which decides how a goal is made
 */
export function endCollection(
  cycle: OpenCollection,
  stop: LastStop,
  start: GcEvent,
  minor: number,
): Collection {
  const { startTs, markTermination } = stop
  const dedicated = figure(start, 'gcControllerState.dedicatedMarkTime')
  const fractional = figure(start, 'gcControllerState.fractionalMarkTime')
  return {
    ...cycle,
    number: figure(start, 'mstats.numgc') ?? cycle.number,
    endTs: start.ts,
    markTerminationStartTs: startTs,
    markTerminationNs: start.ts - startTs,
    heapEndBytes: markTermination && figure(markTermination, 'gcControllerState.heapLive'),
    heapLiveBytes: figure(start, 'gcControllerState.heapMarked'),
    heapGoalBytes: figure(start, 'gcControllerState.lastHeapGoal'),
    nextHeapGoalBytes: exact(heapGoalBytes(start.figures ?? {}, { minor })),
    assistNs: figure(start, 'gcControllerState.assistTime'),
    dedicatedNs: dedicated === undefined ? undefined : dedicated + (fractional ?? 0),
    idleNs: figure(start, 'gcControllerState.idleMarkTime'),
  }
}

function figure({ figures }: GcEvent, field: GcField): number | undefined {
  return exact(figures?.[field])
}

/** The runtime's largest number stands for none. */
function exact(value: number | undefined): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}
