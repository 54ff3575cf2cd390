import type { GcCycle, GoFigures, WorldStop } from '@quadrant/proto'
import { attribute } from '../attribute.ts'
import { ExponentialHistogram } from '../exponential-histogram.ts'
import type { MetricSet, Window } from './metric.ts'

/** Semantic conventions, "Go runtime metrics" (`go.*`); what they lack is named alike, and said to be ours. */
const MEMORY_USED = { name: 'go.memory.used', unit: 'By', description: 'Memory used by the Go runtime' }
const MEMORY_LIMIT = {
  name: 'go.memory.limit',
  unit: 'By',
  description: 'Go runtime memory limit configured by the user, if a limit exists',
}
const ALLOCATED = {
  name: 'go.memory.allocated',
  unit: 'By',
  description: 'Memory allocated to the heap by the application',
}
const GC_GOAL = {
  name: 'go.memory.gc.goal',
  unit: 'By',
  description: 'Heap size target for the end of the GC cycle',
}
const GOROUTINES = {
  name: 'go.goroutine.count',
  unit: '{goroutine}',
  description: 'Count of live goroutines',
}
const PROCESSORS = {
  name: 'go.processor.limit',
  unit: '{thread}',
  description: 'The number of OS threads that can execute user-level Go code simultaneously',
}
const GOGC = {
  name: 'go.config.gogc',
  unit: '%',
  description: 'Heap size target percentage configured by the user, otherwise 100',
}
const HEAP_LIVE = {
  name: 'go.memory.heap.live',
  unit: 'By',
  description: 'Heap that is allocated and not yet swept free (Quadrant)',
}
const COLLECTIONS = {
  name: 'go.gc.cycles',
  unit: '{cycle}',
  description: 'Completed garbage collections (Quadrant)',
}
const GC_PAUSE = {
  name: 'go.gc.pause',
  unit: 's',
  description: 'How long the world stood still for a garbage collection, each pause by itself (Quadrant)',
}
const STOP = {
  name: 'go.stop_the_world.pause',
  unit: 's',
  description: 'How long the world stood still for another reason than a collection (Quadrant)',
}

/** Field numbers of GoFigures, as the bits of `known`. */
const FIELD = {
  heapLiveBytes: 3,
  heapGoalBytes: 4,
  heapInUseBytes: 6,
  stacksBytes: 8,
  allocatedBytes: 9,
  goroutines: 11,
  gomaxprocs: 15,
  collections: 17,
  gcPercent: 20,
  memoryLimitBytes: 21,
} as const

/** Adds the state of a process at one moment: only what could be read. `processStartNs` is where totals begin. */
export function addGoFigures(metrics: MetricSet, figures: GoFigures, processStartNs: number): void {
  const known = (field: number) => Math.floor(figures.known / 2 ** field) % 2 === 1
  const window = { startNs: processStartNs, endNs: figures.timeNs }
  const memory = (type: string) => [attribute('go.memory.type', type)]
  if (known(FIELD.stacksBytes)) metrics.amount(MEMORY_USED, window, memory('stack'), figures.stacksBytes)
  if (known(FIELD.heapInUseBytes))
    metrics.amount(MEMORY_USED, window, memory('other'), figures.heapInUseBytes)
  if (known(FIELD.memoryLimitBytes) && figures.memoryLimitBytes > 0)
    metrics.amount(MEMORY_LIMIT, window, [], figures.memoryLimitBytes)
  if (known(FIELD.allocatedBytes)) metrics.total(ALLOCATED, window, [], figures.allocatedBytes)
  if (known(FIELD.heapGoalBytes)) metrics.amount(GC_GOAL, window, [], figures.heapGoalBytes)
  if (known(FIELD.heapLiveBytes)) metrics.amount(HEAP_LIVE, window, [], figures.heapLiveBytes)
  if (known(FIELD.goroutines)) metrics.amount(GOROUTINES, window, [], figures.goroutines)
  if (known(FIELD.gomaxprocs)) metrics.amount(PROCESSORS, window, [], figures.gomaxprocs)
  if (known(FIELD.gcPercent)) metrics.amount(GOGC, window, [], figures.gcPercent)
  if (known(FIELD.collections)) metrics.total(COLLECTIONS, window, [], figures.collections)
}

/** Adds the pauses of collections as one exponential histogram a phase. */
export function addGcPauses(metrics: MetricSet, cycles: readonly GcCycle[], window: Window): void {
  const phases = [
    ['sweep_termination', (cycle: GcCycle) => cycle.sweepTerminationNs],
    ['mark_termination', (cycle: GcCycle) => cycle.markTerminationNs],
  ] as const
  for (const [phase, pauseNs] of phases) {
    const histogram = new ExponentialHistogram()
    for (const cycle of cycles) if (pauseNs(cycle) > 0) histogram.record(pauseNs(cycle) / 1e9)
    if (histogram.count > 0)
      metrics.exponential(GC_PAUSE, window, [attribute('go.gc.phase', phase)], histogram)
  }
}

/** Adds other stops of the world, one exponential histogram a reason. */
export function addWorldStops(metrics: MetricSet, stops: readonly WorldStop[], window: Window): void {
  for (const [reason, list] of Map.groupBy(stops, (stop) => stop.reason)) {
    const histogram = new ExponentialHistogram()
    for (const { durationNs } of list) histogram.record(durationNs / 1e9)
    metrics.exponential(
      STOP,
      window,
      reason === '' ? [] : [attribute('go.stop_the_world.reason', reason)],
      histogram,
    )
  }
}
