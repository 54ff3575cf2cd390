import type { EdgeDelta } from '@quadrant/proto'
import { TIERS } from './rollup.ts'
import { floorTo, type Span } from './span.ts'
import type { Statements } from './statements.ts'
import type { TimelineTotals } from './store.ts'

/** What happened on the whole machine, by time and tier. Times are seconds of the Unix epoch. */
export class Timeline {
  readonly #statements: Statements
  #newestSeconds: number

  constructor(statements: Statements) {
    this.#statements = statements
    // Points of a second go first: what they lack, the minutes still know.
    this.#newestSeconds = this.#bound('MAX', 60) ?? 0
    if (this.#newestSeconds > 0) this.#newestSeconds = this.#bound('MAX', 1) ?? this.#newestSeconds
  }

  /** Start of the newest point; 0 when empty. */
  get newestSeconds(): number {
    return this.#newestSeconds
  }

  /** Start of the oldest minute. */
  oldestSeconds(): number | undefined {
    return this.#bound('MIN', 60)
  }

  /** Adds a batch. To be the last of its transaction: the newest point is not taken back. */
  write(time: number, edges: readonly EdgeDelta[], dropped: number): void {
    let opened = 0
    let failed = 0
    let reset = 0
    let bytes = 0
    let retransmits = 0
    for (const edge of edges) {
      opened += edge.opened
      failed += edge.failed
      reset += edge.reset
      bytes += edge.bytesToServer + edge.bytesToClient
      retransmits += edge.retransmits
    }
    const isNew = this.#statements.prepare('SELECT 1 FROM totals_1 WHERE t = ?').get(time) === undefined
    for (const tier of TIERS)
      this.#statements
        .prepare(
          `INSERT INTO totals_${tier} VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET
             opened = opened + excluded.opened, failed = failed + excluded.failed, reset = reset + excluded.reset,
             bytes = bytes + excluded.bytes, retransmits = retransmits + excluded.retransmits,
             dropped = dropped + excluded.dropped, seconds = MIN(seconds + ?, ${tier})`,
        )
        .run(floorTo(time, tier), opened, failed, reset, bytes, retransmits, dropped, isNew ? 1 : 0)
    if (time > this.#newestSeconds) this.#newestSeconds = time
  }

  read({ tier, from, to }: Span): readonly TimelineTotals[] {
    return this.#statements
      .prepare(
        `SELECT t AS time, opened, failed, reset, bytes, retransmits, dropped, seconds
         FROM totals_${tier} WHERE t >= ? AND t < ? ORDER BY t`,
      )
      .all(from, to) as unknown as TimelineTotals[]
  }

  #bound(which: 'MIN' | 'MAX', tier: 1 | 60): number | undefined {
    const { t } = this.#statements.prepare(`SELECT ${which}(t) AS t FROM totals_${tier}`).get()!
    return (t as number | null) ?? undefined
  }
}
