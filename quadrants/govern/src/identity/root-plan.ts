/** When a root is valid: Unix milliseconds. */
export interface RootTimes {
  readonly beginsMs: number
  readonly endsMs: number
}

export interface RootPlanOptions {
  readonly nowMs: number
  /** From publishing a root until all who verify have it. */
  readonly propagationMs: number
  /** Of what a root signs. */
  readonly svidLifetimeMs: number
}

export interface RootPlan {
  /** Whom to sign with; undefined: nobody is there who can. */
  readonly signing: number | undefined
  /** Whom to trust. */
  readonly trusted: readonly number[]
  /** Whether another one is to be made now. */
  readonly isNextDue: boolean
  /** When it may be otherwise; Infinity: never. */
  readonly nextMs: number
}

/**
 * What to do with the roots that there are, by their indexes, so that nobody ever meets a certificate of a root that it
 * does not know: the next is made at the half life of the newest, trusted at once, signs only when all have it, and the
 * one before is trusted until the last that it can have signed is over.
 *
 * ```
 *   first  ├───────────── signs ──────────────┤···· trusted ····┤
 *   second              ├·· trusted, known ··┤├──── signs ────
 * ```
 */
export function planRoots(
  roots: readonly RootTimes[],
  { nowMs, propagationMs, svidLifetimeMs }: RootPlanOptions,
): RootPlan {
  const trusted = [...roots.keys()].filter((index) => roots[index]!.endsMs > nowMs)
  // By age; of the first of a domain nobody has ever known another.
  const byAge = trusted.toSorted((one, other) => roots[one]!.beginsMs - roots[other]!.beginsMs)
  const known = byAge.filter((index) => nowMs >= roots[index]!.beginsMs + propagationMs)
  const signing = known.at(-1) ?? byAge[0]
  const newest = byAge.at(-1)
  const nextDueMs = newest === undefined ? nowMs : dueMs(roots[newest]!, propagationMs + svidLifetimeMs)
  const times = [
    nextDueMs,
    ...byAge.flatMap((index) => [roots[index]!.beginsMs + propagationMs, roots[index]!.endsMs]),
  ]
  return {
    signing,
    trusted,
    isNextDue: nextDueMs <= nowMs,
    nextMs: Math.min(...times.filter((ms) => ms > nowMs), Infinity),
  }
}

/** At half life, and early enough that the next one signs before what this one signs would have to be cut short. */
function dueMs({ beginsMs, endsMs }: RootTimes, overlapMs: number): number {
  return Math.max(beginsMs, Math.min((beginsMs + endsMs) / 2, endsMs - overlapMs))
}
