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
  /** As in the file: what the process was moved by is added where it is read. */
  readonly address: number
  readonly bytes: number
}

/** Fields that lie in `runtime.gcController`. The goals and times are those that `gctrace` prints, too. */
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

/** What can be read once it is known where `runtime.gcController` lies. */
export function controllerPlan(layout: RuntimeLayout, controller: number): readonly GcPlanField[] {
  return CONTROLLER_FIELDS.flatMap(([field, place]) => planField(layout, field, place, controller))
}

/** Nothing where the layout does not have the field. */
export function planField(
  layout: RuntimeLayout,
  field: GcField,
  place: RuntimeField,
  base: number,
): readonly GcPlanField[] {
  const [offset, bytes] = layout.fields[place] ?? []
  return offset === undefined || bytes === undefined ? [] : [{ field, address: base + offset, bytes }]
}
