import type { RuntimeField, RuntimeLayout } from '@quadrant/golang'

/** What the program reads of the runtime's memory; the order is that of the values in a record. */
export const GC_FIELDS = [
  'heapLive',
  'heapMarked',
  'heapGoal',
  'nextHeapGoal',
  'assistTime',
  'dedicatedTime',
  'fractionalTime',
  'idleTime',
  'cycles',
  'numGc',
] as const

export type GcField = (typeof GC_FIELDS)[number]

export const GC_FIELD_COUNT = GC_FIELDS.length

/** Index of a field in records and slots. */
export const GC_FIELD_INDEX = Object.fromEntries(GC_FIELDS.map((field, index) => [field, index])) as Readonly<
  Record<GcField, number>
>

const BEGIN = 1
const MARK_TERMINATION = 2
const END = 4

/** At which places a field is read: `enum gc_phase`. The runtime has set it by then, and nothing runs beside. */
export const GC_FIELD_PHASES: Readonly<Record<GcField, number>> = {
  heapLive: BEGIN | MARK_TERMINATION,
  heapMarked: END,
  heapGoal: END,
  nextHeapGoal: END,
  assistTime: END,
  dedicatedTime: END,
  fractionalTime: END,
  idleTime: END,
  cycles: BEGIN,
  numGc: END,
}

/** Where one field of one program lies. */
export interface GcPlanField {
  readonly field: GcField
  /**
   * What the address counts from: `file` for one as in the file, to which is added what the process was moved by;
   * `controller` for one within `runtime.gcController`, which the runtime itself hands to a function that is probed.
   */
  readonly base: 'file' | 'controller'
  readonly address: number
  readonly bytes: number
}

/** The goals and times are those that `gctrace` prints, too. */
const CONTROLLER_FIELDS: ReadonlyArray<readonly [GcField, RuntimeField]> = [
  ['heapLive', 'gcControllerState.heapLive'],
  ['heapMarked', 'gcControllerState.heapMarked'],
  ['heapGoal', 'gcControllerState.lastHeapGoal'],
  ['nextHeapGoal', 'gcControllerState.gcPercentHeapGoal'],
  ['assistTime', 'gcControllerState.assistTime'],
  ['dedicatedTime', 'gcControllerState.dedicatedMarkTime'],
  ['fractionalTime', 'gcControllerState.fractionalMarkTime'],
  ['idleTime', 'gcControllerState.idleMarkTime'],
]

/** What can be read in every program, whether or not it is known where its variables are. */
export function controllerPlan(layout: RuntimeLayout): readonly GcPlanField[] {
  return CONTROLLER_FIELDS.flatMap(([field, place]) => {
    const [offset, bytes] = layout.fields[place] ?? []
    return offset === undefined || bytes === undefined
      ? []
      : [{ field, base: 'controller' as const, address: offset, bytes }]
  })
}
