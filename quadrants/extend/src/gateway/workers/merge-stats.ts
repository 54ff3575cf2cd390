import type { GatewayStats } from '../stats/gateway-stats.ts'

/** What one of several threads says for all of them: they do not add up. */
const SHARED: ReadonlySet<string> = new Set(['generation', 'endpoints', 'isHealthy', 'isEjected'])

/**
 * The statistics of all threads together: numbers are added; of flags and of what is the same everywhere the first counts,
 * but an endpoint is healthy only where all find it so.
 */
export function mergeStats(all: readonly GatewayStats[]): GatewayStats | undefined {
  const [first, ...others] = all
  if (first === undefined) return undefined
  const merged = structuredClone(first)
  for (const other of others) addInto(merged as unknown as Tree, other as unknown as Tree)
  return merged
}

type Tree = { [key: string]: unknown }

function addInto(into: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    const before = into[key]
    if (before === undefined) into[key] = structuredClone(value)
    else if (typeof value === 'number' && typeof before === 'number') {
      if (!SHARED.has(key)) into[key] = before + value
    } else if (typeof value === 'boolean' && typeof before === 'boolean')
      into[key] = key === 'isHealthy' ? before && value : before || value
    else if (typeof value === 'object' && value !== null) addInto(before as Tree, value as Tree)
  }
}
