import type { RuntimeField, RuntimeLayout, RuntimeVariable, RuntimeVariables } from '@quadrant/golang'

const BEGIN = 1
const MARK_TERMINATION = 2
const END = 4

/**
 * What the program reads of the runtime's memory, and at which places (`enum gc_phase`): where the runtime has set it by
 * then, and nothing runs beside. The order is that of the values in a record.
 */
export const GC_FIELDS = [
  ['gcControllerState.heapLive', BEGIN | MARK_TERMINATION],
  ['gcControllerState.heapMarked', END],
  ['gcControllerState.lastHeapGoal', END],
  ['gcControllerState.gcPercentHeapGoal', END],
  ['gcControllerState.assistTime', END],
  ['gcControllerState.dedicatedMarkTime', END],
  ['gcControllerState.fractionalMarkTime', END],
  ['gcControllerState.idleMarkTime', END],
  ['gcControllerState.sweepDistMinTrigger', END],
  ['gcControllerState.triggered', END],
  ['gcControllerState.memoryLimit', END],
  ['gcControllerState.heapFree', END],
  ['gcControllerState.totalAlloc', END],
  ['gcControllerState.totalFree', END],
  ['gcControllerState.mappedReady', END],
  ['workType.heap0', BEGIN],
  ['workType.cycles', BEGIN],
  ['mstats.numgc', END],
] as const satisfies ReadonlyArray<readonly [RuntimeField, number]>

export type GcField = (typeof GC_FIELDS)[number][0]

export const GC_FIELD_COUNT = GC_FIELDS.length

/** Where one field of one program lies. */
export interface GcPlanField {
  /** Index in {@link GC_FIELDS}. */
  readonly index: number
  readonly phases: number
  /**
   * What the address counts from: `file` for one as in the file, to which is added what the process was moved by;
   * `controller` for one within `runtime.gcController`, which the runtime itself hands to a function that is probed.
   */
  readonly base: 'file' | 'controller'
  readonly address: number
  readonly bytes: number
}

const VARIABLES: Readonly<Record<string, RuntimeVariable>> = { workType: 'work', mstats: 'memstats' }

/**
 * What can be read. Most of it lies in `runtime.gcController`, whose place every program tells when its first cycle
 * begins; the rest needs to be known where its variables are.
 */
export function gcPlan(layout: RuntimeLayout, variables: RuntimeVariables): readonly GcPlanField[] {
  return GC_FIELDS.flatMap(([field, phases], index): readonly GcPlanField[] => {
    const place = layout.fields[field]
    if (place === undefined) return []
    const [offset, bytes] = place
    const struct = field.slice(0, field.indexOf('.'))
    if (struct === 'gcControllerState') return [{ index, phases, base: 'controller', address: offset, bytes }]
    const variable = VARIABLES[struct]
    const start = variable && variables[variable]?.address
    return start === undefined ? [] : [{ index, phases, base: 'file', address: start + offset, bytes }]
  })
}
