import type { FilterLimits as SignedLimits } from '@quadrant/proto'
import type { FilterLimits } from '@quadrant/wasm/proxy-wasm'

/** Limits of a release, by what the host of filters calls them. */
export const LIMITS = {
  fuelPerCall: { host: 'fuelPerCallMax', words: 'units of fuel for one call' },
  callMs: { host: 'timePerCallMsMax', words: 'ms for one call' },
  memoryBytes: { host: 'memoryBytesMax', words: 'bytes of memory' },
  valueBytes: { host: 'valueBytesMax', words: 'bytes for one value' },
  calls: { host: 'callsMax', words: 'calls under way' },
  logLinesPerSecond: { host: 'logLinesPerSecondMax', words: 'lines of log in a second' },
} as const satisfies Readonly<Record<string, { readonly host: keyof FilterLimits; readonly words: string }>>
export type LimitName = keyof typeof LIMITS

export function limitNames(): readonly LimitName[] {
  return Object.keys(LIMITS) as LimitName[]
}

/** What holds for a filter: the gateway's limits, and its own where it names lower ones. */
export function effectiveLimits(limits: SignedLimits | undefined, ceilings: FilterLimits): FilterLimits {
  const own = limitNames().flatMap((name) => {
    const value = limits?.[name] ?? 0
    return value > 0 ? [[LIMITS[name].host, Math.min(value, ceilings[LIMITS[name].host])] as const] : []
  })
  return { ...ceilings, ...Object.fromEntries(own) }
}
