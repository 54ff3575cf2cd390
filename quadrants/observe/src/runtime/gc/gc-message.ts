import { create } from '@bufbuild/protobuf'
import { type GcCycle, GcCycleSchema, GcTrigger, type WorldStop, WorldStopSchema } from '@quadrant/proto'
import type { Collection, CollectionTrigger } from './collection.ts'
import type { WorldPause } from './gc-timeline.ts'

const TRIGGERS: Readonly<Record<CollectionTrigger, GcTrigger>> = {
  heap: GcTrigger.HEAP,
  time: GcTrigger.TIME,
  forced: GcTrigger.FORCED,
  unknown: GcTrigger.UNSPECIFIED,
}

/** @param epochNs what is added to the kernel's clock for the time of the Unix epoch */
export function toGcCycle(collection: Collection, epochNs: number): GcCycle {
  return create(GcCycleSchema, {
    number: collection.number ?? 0,
    startNs: collection.startTs + epochNs,
    endNs: collection.endTs + epochNs,
    sweepTerminationNs: collection.sweepTerminationNs,
    markTerminationStartNs: collection.markTerminationStartTs + epochNs,
    markTerminationNs: collection.markTerminationNs,
    trigger: TRIGGERS[collection.trigger],
    heapStartBytes: collection.heapStartBytes ?? 0,
    heapEndBytes: collection.heapEndBytes ?? 0,
    heapLiveBytes: collection.heapLiveBytes ?? 0,
    heapGoalBytes: collection.heapGoalBytes ?? 0,
    nextHeapGoalBytes: collection.nextHeapGoalBytes ?? 0,
    assistNs: collection.assistNs ?? 0,
    dedicatedNs: collection.dedicatedNs ?? 0,
    idleNs: collection.idleNs ?? 0,
    gomaxprocs: collection.procs,
  })
}

/** @param epochNs what is added to the kernel's clock for the time of the Unix epoch */
export function toWorldStop(pause: WorldPause, epochNs: number): WorldStop {
  return create(WorldStopSchema, {
    startNs: pause.startTs + epochNs,
    durationNs: pause.durationNs,
    reason: pause.reason,
  })
}
