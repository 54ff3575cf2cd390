import { create, toBinary } from '@bufbuild/protobuf'
import { type RuntimeBatch, RuntimeBatchSchema } from '@quadrant/proto'

/** Lists of rows in a RuntimeBatch, all but the keys of processes that they refer to and profiles. */
const LISTS = [
  'builds',
  'processBuilds',
  'facts',
  'gcCycles',
  'worldStops',
  'goFigures',
  'probeCosts',
  'findings',
] as const

/** How many rows there are, windows of profiles apart. */
export function runtimeRows(runtime: RuntimeBatch | undefined): number {
  return runtime === undefined ? 0 : LISTS.reduce((sum, list) => sum + runtime[list].length, 0)
}

/**
 * A runtime batch in as many parts as are needed for each to fit, the order of rows kept. A row that alone is too large
 * is given to `refuse`.
 */
export function splitRuntime(
  runtime: RuntimeBatch,
  bytesMax: number,
  refuse: (part: RuntimeBatch) => void,
): RuntimeBatch[] {
  if (toBinary(RuntimeBatchSchema, runtime).length <= bytesMax) return [runtime]
  if (runtimeRows(runtime) + runtime.profiles.length <= 1) {
    refuse(runtime)
    return []
  }
  return halves(runtime).flatMap((half) => splitRuntime(half, bytesMax, refuse))
}

/** Rows of the lists as they stand one behind the other, cut in the middle. */
function halves(runtime: RuntimeBatch): RuntimeBatch[] {
  const total = runtimeRows(runtime) + runtime.profiles.length
  let left = total >> 1
  const { processKeys } = runtime
  const first = create(RuntimeBatchSchema, { processKeys })
  const second = create(RuntimeBatchSchema, { processKeys })
  const cut = <Row>(rows: readonly Row[], into: (half: RuntimeBatch) => Row[]) => {
    const count = Math.min(left, rows.length)
    left -= count
    into(first).push(...rows.slice(0, count))
    into(second).push(...rows.slice(count))
  }
  for (const list of LISTS) cut<RuntimeBatch[typeof list][number]>(runtime[list], (half) => half[list])
  cut(runtime.profiles, (half) => half.profiles)
  return [first, second]
}
