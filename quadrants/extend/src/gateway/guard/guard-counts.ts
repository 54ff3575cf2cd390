/** What guards can decide of a request. */
export type GuardDecision =
  | 'allowed'
  | 'denied'
  | 'shadow-denied'
  | 'logged'
  | 'limited'
  | 'shadow-limited'
  | 'limits-evicted'
  | 'delayed'
  | 'aborted'
  | 'jwt-refused'
  | 'preflight'
  | 'mirrored'
  | 'mirrors-dropped'

/** Adds up what guards decide, by rule. Names come from configuration alone, so that there are never more than it has. */
export class GuardCounts {
  /** By `decision rule`: those of a listener, which other threads are sent. */
  readonly counts: Record<string, number>

  constructor(counts: Record<string, number>) {
    this.counts = counts
  }

  add(decision: GuardDecision, rule: string): void {
    const key = `${decision} ${rule}`
    this.counts[key] = (this.counts[key] ?? 0) + 1
  }
}
