import type { FieldValues } from './memory.ts'
import type { RuntimeLayout } from './layout.ts'

/** What the goal of the heap is made of. */
export const HEAP_GOAL_FIELDS = [
  'gcControllerState.gcPercentHeapGoal',
  'gcControllerState.sweepDistMinTrigger',
  'gcControllerState.triggered',
  'gcControllerState.memoryLimit',
  'gcControllerState.heapMarked',
  'gcControllerState.heapFree',
  'gcControllerState.totalAlloc',
  'gcControllerState.totalFree',
  'gcControllerState.mappedReady',
] as const

/** A larger number means that there is none: the runtime's is the largest that it can write. */
const NONE_MIN = 2 ** 53

const RUNWAY_BYTES = 64 << 10
const HEADROOM_BYTES_MIN = 1 << 20

/**
 * The size of the heap at which the next collection is to end, as the runtime makes it up (mgcpacer.go,
 * heapGoalInternal and memoryLimitHeapGoal): that of GOGC, which a memory limit can lower, and else what sweeping and
 * the last trigger can raise.
 *
 * @returns bytes; Infinity where there is none, and undefined where one of the fields is missing
 */
export function heapGoalBytes(
  values: FieldValues<(typeof HEAP_GOAL_FIELDS)[number]>,
  { minor }: Pick<RuntimeLayout, 'minor'>,
): number | undefined {
  const goal = values['gcControllerState.gcPercentHeapGoal']
  const sweepTrigger = values['gcControllerState.sweepDistMinTrigger']
  const triggered = values['gcControllerState.triggered']
  const limited = memoryLimitGoal(values, minor)
  if (goal === undefined || sweepTrigger === undefined || triggered === undefined || limited === undefined)
    return undefined
  if (limited < goal) return limited >= NONE_MIN ? Number.POSITIVE_INFINITY : limited
  const runway = triggered >= NONE_MIN ? 0 : triggered + RUNWAY_BYTES
  const raised = Math.max(goal, sweepTrigger, runway)
  return raised >= NONE_MIN ? Number.POSITIVE_INFINITY : raised
}

function memoryLimitGoal(
  values: FieldValues<(typeof HEAP_GOAL_FIELDS)[number]>,
  minor: number,
): number | undefined {
  const limit = values['gcControllerState.memoryLimit']
  const marked = values['gcControllerState.heapMarked']
  const free = values['gcControllerState.heapFree']
  const allocated = values['gcControllerState.totalAlloc']
  const freed = values['gcControllerState.totalFree']
  const ready = values['gcControllerState.mappedReady']
  if (limit === undefined || marked === undefined || free === undefined) return undefined
  if (allocated === undefined || freed === undefined || ready === undefined) return undefined
  if (limit >= NONE_MIN) return Number.POSITIVE_INFINITY
  const heapBytes = free + allocated - freed
  // The runtime reads them until they agree. Here, what other memory there is would be negative for a moment.
  const otherBytes = Math.max(ready - heapBytes, 0)
  const overageBytes = Math.max(ready - limit, 0)
  if (otherBytes + overageBytes >= limit) return marked
  const goal = limit - (otherBytes + overageBytes)
  // Three hundredths of it since 1.21.
  const headroom = Math.max(minor >= 21 ? Math.floor(goal / 100) * 3 : 0, HEADROOM_BYTES_MIN)
  return Math.max(goal - headroom < headroom ? headroom : goal - headroom, marked)
}
