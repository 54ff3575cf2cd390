import type { RuntimeField, RuntimeVariable } from './field.ts'
import { HEAP_GOAL_FIELDS } from './heap-goal.ts'
import type { RuntimeLayout } from './layout.ts'
import type { RuntimeVariables } from './variables.ts'

/** A number in a process's memory. */
export interface GcRead {
  /** What it is: a field, or a variable that is a number itself. */
  readonly name: GcReadName
  /** In the process: the bias is in it. */
  readonly address: number
  /** 1, 4 or 8. */
  readonly bytes: number
}

/** By which variable each is reached. What a program of the kernel can read at a probe. */
const FIELDS_OF = {
  gcController: [
    ...HEAP_GOAL_FIELDS,
    'gcControllerState.heapLive',
    'gcControllerState.lastHeapGoal',
    'gcControllerState.assistTime',
    'gcControllerState.dedicatedMarkTime',
    'gcControllerState.fractionalMarkTime',
    'gcControllerState.idleMarkTime',
    'gcControllerState.markStartTime',
  ],
  work: [
    'workType.mode',
    'workType.userForced',
    'workType.cycles',
    'workType.stwprocs',
    'workType.maxprocs',
    'workType.initialHeapLive',
    'workType.bytesMarked',
    'workType.tSweepTerm',
    'workType.tMark',
    'workType.tMarkTerm',
    'workType.tEnd',
    'workType.pauseNS',
    'workType.heap0',
    'workType.heap1',
    'workType.heap2',
  ],
  memstats: [
    'mstats.numgc',
    'mstats.numforcedgc',
    'mstats.pause_total_ns',
    'mstats.last_gc_unix',
    'mstats.last_gc_nanotime',
  ],
} as const satisfies Partial<Record<RuntimeVariable, readonly RuntimeField[]>>

const NUMBERS = { gcphase: 4, gomaxprocs: 4 } as const satisfies Partial<Record<RuntimeVariable, number>>

export type GcReadName =
  | { [Variable in keyof typeof FIELDS_OF]: (typeof FIELDS_OF)[Variable][number] }[keyof typeof FIELDS_OF]
  | keyof typeof NUMBERS

/**
 * Where the numbers of a collection are in a process, so that they can be read where a probe is hit: the heap and what
 * makes its goal, why and in which mode the collection runs, its number, its times by the runtime's clock, and the CPU
 * time of those who mark. What the layout or the program does not have is not in it.
 *
 * The CPU times count from the start of a cycle's marking, `assistTime` and its like being set to 0 there; `tSweepTerm`
 * and the other times are those of the cycle that runs, or ran last.
 *
 * @param bias what the process has its program moved by: 0 where it is not position independent
 */
export function gcReadPlan(
  { fields }: Pick<RuntimeLayout, 'fields'>,
  variables: RuntimeVariables,
  bias: number,
): readonly GcRead[] {
  const plan: GcRead[] = []
  for (const variable of Object.keys(FIELDS_OF) as (keyof typeof FIELDS_OF)[]) {
    const start = variables[variable]?.address
    if (start === undefined) continue
    for (const name of FIELDS_OF[variable]) {
      const place = fields[name]
      if (place !== undefined) plan.push({ name, address: start + bias + place[0], bytes: place[1] })
    }
  }
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const place = variables[name]
    if (place !== undefined) plan.push({ name, address: place.address + bias, bytes: NUMBERS[name] })
  }
  return plan
}
