import type { FilterLimits } from '@quadrant/proto'

/** The limits of a filter, with what they are called in messages for people. */
export const LIMITS = {
  fuelPerCall: 'fuel of one call',
  callMs: 'milliseconds of one call',
  memoryBytes: 'bytes of memory',
  bodyBytes: 'bytes of one body',
  calls: 'calls under way',
  sharedBytes: 'bytes of shared data',
  logBytesPerSecond: 'bytes of log in a second',
} as const
export type LimitName = keyof typeof LIMITS

/** Each limit, as a number above 0. */
export type FilterCeilings = Readonly<Record<LimitName, number>>

/** Where a gateway's configuration says nothing. */
export const DEFAULT_CEILINGS: FilterCeilings = {
  // Some 0.1 s of one core: what a request waits for at worst.
  fuelPerCall: 100_000_000,
  callMs: 100,
  // Go's runtime begins with some 2 MiB, and grows by its arenas.
  memoryBytes: 64 << 20,
  bodyBytes: 4 << 20,
  calls: 64,
  sharedBytes: 16 << 20,
  logBytesPerSecond: 64 << 10,
}

export function limitNames(): readonly LimitName[] {
  return Object.keys(LIMITS) as LimitName[]
}

/** What holds for a filter: its own limits, and the gateway's where it says nothing. Those of a release that was verified are within. */
export function effectiveLimits(limits: FilterLimits | undefined, ceilings: FilterCeilings): FilterCeilings {
  const entries = limitNames().map((name) => [name, limits?.[name] || ceilings[name]] as const)
  return Object.fromEntries(entries) as FilterCeilings
}
