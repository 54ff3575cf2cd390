import type { GoFigures as Figures } from '@quadrant/golang'
import { type GoFigures, GoFiguresSchema } from '@quadrant/proto'
import { create } from '@bufbuild/protobuf'

/** The names of what is read in the messages that tell it. */
const FIELDS = [
  ['heapLiveBytes', 'heapLiveBytes'],
  ['heapGoalBytes', 'heapGoalBytes'],
  ['heapMarkedBytes', 'heapMarkedBytes'],
  ['heapInUseBytes', 'heapInUseBytes'],
  ['heapReleasedBytes', 'heapReleasedBytes'],
  ['stackBytes', 'stacksBytes'],
  ['allocatedBytes', 'allocatedBytes'],
  ['freedBytes', 'freedBytes'],
  ['goroutineCount', 'goroutines'],
  ['goroutinesCreatedCount', 'goroutinesCreated'],
  ['runnableCount', 'runnable'],
  ['threadCount', 'threads'],
  ['gomaxprocs', 'gomaxprocs'],
  ['idleProcessorCount', 'idleProcessors'],
  ['gcCount', 'collections'],
  ['forcedGcCount', 'forcedCollections'],
  ['pauseTotalNs', 'pauseTotalNs'],
  ['gcPercent', 'gcPercent'],
  ['memoryLimitBytes', 'memoryLimitBytes'],
] as const satisfies readonly (readonly [keyof Figures, keyof GoFigures])[]

/** What the runtime itself has for no goal, and the collector's probes tell so: all ones. */
const NO_GOAL = 2 ** 64

/** The message of what was read, with a bit in `known` for each field's number. Undefined where nothing was. */
export function goFiguresOf(figures: Figures, timeNs: number): GoFigures | undefined {
  const message = create(GoFiguresSchema, { timeNs })
  for (const [from, to] of FIELDS) {
    const value = figures[from]
    if (value === undefined) continue
    message[to] = value
    message.known += 2 ** GoFiguresSchema.field[to].number
  }
  if (message.heapGoalBytes === Number.POSITIVE_INFINITY) message.heapGoalBytes = NO_GOAL
  if (message.memoryLimitBytes === Number.POSITIVE_INFINITY) message.memoryLimitBytes = 0
  return message.known === 0 ? undefined : message
}
