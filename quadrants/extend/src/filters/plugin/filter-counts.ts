import { DurationHistogram, type FilterFailure, type FilterRefusals } from '@quadrant/wasm/proxy-wasm'

/** What was counted of one filter on one thread, over all of its instances. */
export interface FilterCounts {
  streams: number
  /** Streams that went on without it, because it was over. */
  bypassed: number
  /** Streams that were answered for it, because it was over. */
  refused: number
  /** Of those that it has had, the ones that went on without it or ended, because its instance was over. */
  cutOff: number
  callbacks: number
  fuelUsed: number
  readonly crashes: Record<FilterFailure, number>
  readonly refusals: FilterRefusals
  /** Of callbacks, one of 16. */
  readonly durations: DurationHistogram
  instancesMade: number
}

export function filterCounts(): FilterCounts {
  return {
    streams: 0,
    bypassed: 0,
    refused: 0,
    cutOff: 0,
    callbacks: 0,
    fuelUsed: 0,
    crashes: { trap: 0, stack: 0, fuel: 0, time: 0, 'host-calls': 0, exit: 0, start: 0, configuration: 0 },
    refusals: { logLines: 0, calls: 0, contexts: 0, metrics: 0, values: 0, capability: 0, properties: 0 },
    durations: new DurationHistogram(),
    instancesMade: 0,
  }
}

/** Adds another's, such as those of another thread or of an instance that is over. */
export function addCounts(sum: FilterCounts, other: FilterCounts): void {
  sum.streams += other.streams
  sum.bypassed += other.bypassed
  sum.refused += other.refused
  sum.cutOff += other.cutOff
  sum.callbacks += other.callbacks
  sum.fuelUsed += other.fuelUsed
  sum.instancesMade += other.instancesMade
  addEach(sum.crashes, other.crashes)
  addEach(sum.refusals, other.refusals)
  sum.durations.add(other.durations)
}

export function addEach<K extends string>(sum: Record<K, number>, other: Readonly<Record<K, number>>): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of its own record
  for (const key of Object.keys(other) as K[]) sum[key] += other[key]
}
