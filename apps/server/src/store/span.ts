import { TIERS, TIER_RETENTION_SECONDS, type Tier } from './rollup.ts'

/** Stored points of one tier: whole seconds of the Unix epoch, half open, both multiples of the tier. */
export interface Span {
  readonly tier: Tier
  readonly from: number
  readonly to: number
}

export interface SpanPlan {
  /** Disjoint, oldest first. Together they hold each second of the range once. */
  readonly spans: readonly Span[]
  /** The coarsest tier that an end of the range falls on: how exact the ends are. */
  readonly resolutionSeconds: number
}

/**
 * Reads a range from the fewest rows that are exact: coarse points where whole ones fit, finer ones at both ends.
 *
 *     1 s   ├──┤                                 ├─┤
 *     10 s     ├────┤                      ├─────┤
 *     60 s          ├─────┤          ├─────┤
 *     1 h                 ├──────────┤
 *
 * Where the fine points have expired the range is widened to whole coarse ones. Times are seconds.
 */
export function planSpans(fromSeconds: number, toSeconds: number, nowSeconds: number): SpanPlan {
  const from = Math.floor(fromSeconds)
  const to = Math.max(Math.ceil(toSeconds), from)
  // The finest tier that still has the whole of its point at either end.
  const fromTier = finestKept(from, nowSeconds)
  const toTier = finestKept(to, nowSeconds)
  const start = floorTo(from, fromTier)
  const end = to === from ? start : ceilTo(to, toTier)
  const spans: Span[] = []
  const add = (tier: Tier, a: number, b: number) => {
    if (b > a) spans.push({ tier, from: a, to: b })
  }
  fill(start, end, TIERS.length - 1, add)
  return { spans, resolutionSeconds: fromTier > toTier ? fromTier : toTier }
}

function fill(
  from: number,
  to: number,
  level: number,
  add: (tier: Tier, from: number, to: number) => void,
): void {
  const tier = TIERS[level]!
  const innerFrom = ceilTo(from, tier)
  const innerTo = floorTo(to, tier)
  if (level === 0 || (innerFrom <= from && innerTo >= to)) {
    add(tier, from, to)
    return
  }
  if (innerTo <= innerFrom) {
    fill(from, to, level - 1, add)
    return
  }
  if (innerFrom > from) fill(from, innerFrom, level - 1, add)
  add(tier, innerFrom, innerTo)
  if (to > innerTo) fill(innerTo, to, level - 1, add)
}

function finestKept(seconds: number, nowSeconds: number): Tier {
  for (const tier of TIERS) {
    // One coarse point of slack: the row under a cut-off may be half removed between two retention passes.
    if (seconds >= nowSeconds - TIER_RETENTION_SECONDS[tier] + 60) return tier
  }
  return 60
}

export function floorTo(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step
}

export function ceilTo(seconds: number, step: number): number {
  return Math.ceil(seconds / step) * step
}
