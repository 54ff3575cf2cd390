import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  GcCycleSchema,
  GcTrigger,
  RuntimeEventSchema,
  WorldStopSchema,
  type RuntimeEvent,
} from '@quadrant/proto'
import { NOON_MS } from './made-flows.ts'

const CART = { process: 'proc:web-1/22@6', service: 'cart', comm: 'cart' }

/** A collection of the cart, changed as told; `atMs` after noon. */
export function madeCollection(
  change: MessageInitShape<typeof GcCycleSchema> = {},
  atMs = 0,
  process: MessageInitShape<typeof RuntimeEventSchema> = {},
): RuntimeEvent {
  const startNs = (NOON_MS + atMs) * 1e6
  const { sweepTerminationNs = 31_000, markTerminationNs = 52_000 } = change
  const markTerminationStartNs = startNs + sweepTerminationNs + 1_300_000
  return create(RuntimeEventSchema, {
    ...CART,
    ...process,
    event: {
      case: 'gcCycle',
      value: create(GcCycleSchema, {
        number: 17,
        startNs,
        endNs: markTerminationStartNs + markTerminationNs,
        sweepTerminationNs,
        markTerminationStartNs,
        markTerminationNs,
        trigger: GcTrigger.HEAP,
        heapStartBytes: 12_400_000,
        heapEndBytes: 12_900_000,
        heapLiveBytes: 4_100_000,
        heapGoalBytes: 13_000_000,
        nextHeapGoalBytes: 8_200_000,
        assistNs: 120_000,
        dedicatedNs: 900_000,
        idleNs: 300_000,
        gomaxprocs: 4,
        ...change,
      }),
    },
  })
}

/** Another stop of the cart's world. */
export function madeStop(reason: string, durationNs: number, atMs = 0): RuntimeEvent {
  return create(RuntimeEventSchema, {
    ...CART,
    event: {
      case: 'worldStop',
      value: create(WorldStopSchema, { startNs: (NOON_MS + atMs) * 1e6, durationNs, reason }),
    },
  })
}

/** One event of each kind that looks different. */
export const CART_EVENTS: readonly RuntimeEvent[] = [
  madeCollection(),
  madeCollection({ number: 18, trigger: GcTrigger.FORCED, markTerminationNs: 2_300_000, assistNs: 0 }, 20),
  madeCollection({ number: 19, trigger: GcTrigger.TIME, sweepTerminationNs: 14_000_000 }, 1000),
  madeStop('GOMAXPROCS', 88_000, 1200),
  madeStop('', 450, 1300),
  madeCollection(
    {
      number: 0,
      trigger: GcTrigger.UNSPECIFIED,
      heapStartBytes: 0,
      heapEndBytes: 0,
      heapLiveBytes: 0,
      heapGoalBytes: 0,
      nextHeapGoalBytes: 0,
      assistNs: 0,
      dedicatedNs: 0,
      idleNs: 0,
      gomaxprocs: 0,
    },
    1500,
    { process: 'proc:web-1/31@8', service: '', comm: 'evil\u001b[2Jname' },
  ),
]
