import { TIERS } from './rollup.ts'
import { floorTo, type Span } from './span.ts'
import type { Statements } from './statements.ts'
import type { Drop } from '@quadrant/proto'
import type { Stage } from './store.ts'

/** What each stage handled, and what it dropped and why: since the store began, and drops by time and tier too. */
export class StageCounts {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  addStages(stages: readonly Stage[]): void {
    for (const { stage, seen, kept } of stages)
      this.#statements
        .prepare(
          `INSERT INTO stage_totals VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET seen = seen + excluded.seen, kept = kept + excluded.kept`,
        )
        .run(stage, seen, kept)
  }

  /** Adds drops that belong to no time. */
  addDrops(drops: readonly Drop[]): void {
    for (const { stage, reason, count } of drops)
      this.#statements
        .prepare(
          'INSERT INTO drop_totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
        )
        .run(stage, reason, count)
  }

  /** @param time seconds */
  addDropsAt(time: number, drops: readonly Drop[]): void {
    for (const tier of TIERS)
      for (const { stage, reason, count } of drops)
        this.#statements
          .prepare(
            `INSERT INTO drops_${tier} VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count`,
          )
          .run(floorTo(time, tier), stage, reason, count)
    this.addDrops(drops)
  }

  drops(spans: readonly Span[]): readonly Drop[] {
    const sums = new Map<string, Drop>()
    for (const { tier, from, to } of spans) {
      const found = this.#statements
        .prepare(
          `SELECT stage, reason, SUM(count) AS count FROM drops_${tier} WHERE t >= ? AND t < ? GROUP BY stage, reason`,
        )
        .all(from, to) as unknown as Drop[]
      for (const { stage, reason, count } of found) {
        const key = `${stage}\n${reason}`
        sums.set(key, { stage, reason, count: count + (sums.get(key)?.count ?? 0) })
      }
    }
    return [...sums.values()]
  }

  dropTotals(): readonly Drop[] {
    return this.#statements.prepare('SELECT * FROM drop_totals').all() as unknown as Drop[]
  }

  stageTotals(): readonly Stage[] {
    return this.#statements.prepare('SELECT * FROM stage_totals').all() as unknown as Stage[]
  }
}
