import { GoFiguresSchema, type GoFigures } from '@quadrant/proto'
import { knownProcessesSql } from './known-processes.ts'
import { MessageColumns } from './message-columns.ts'
import { ceilTo, floorTo } from './span.ts'
import type { Statements } from './statements.ts'
import type { NsRange } from './store.ts'

/** Seconds of which two samples are kept; 1: every sample. */
export const FIGURE_TIERS = [1, 10, 60, 3600] as const
export type FigureTier = (typeof FIGURE_TIERS)[number]

/** How long each tier is kept, seconds. */
export const FIGURE_RETENTION_SECONDS: Readonly<Record<FigureTier, number>> = {
  1: 900,
  10: 43_200,
  60: 2_592_000,
  // There for speed, as that of the rollups.
  3600: 2_592_000,
}

export const FIGURE_COLUMNS = new MessageColumns(GoFiguresSchema, [
  'time_ns',
  'heap_live_bytes',
  'heap_goal_bytes',
  'heap_marked_bytes',
  'heap_in_use_bytes',
  'heap_released_bytes',
  'stacks_bytes',
  'allocated_bytes',
  'freed_bytes',
  'goroutines',
  'goroutines_created',
  'runnable',
  'threads',
  'gomaxprocs',
  'idle_processors',
  'collections',
  'forced_collections',
  'pause_total_ns',
  'gc_percent',
  'memory_limit_bytes',
  'known',
])

/**
 * Coarser tiers are thinned and not averaged: of each span the sample with the lowest heap and that with the highest,
 * so that every figure was really read and a saw keeps its teeth. By process first: questions are about few of them.
 */
export const FIGURE_TABLES = `
CREATE TABLE go_figures_1 (
  process INTEGER NOT NULL,
  ${FIGURE_COLUMNS.sql},
  PRIMARY KEY (process, time_ns)
) STRICT, WITHOUT ROWID;
${FIGURE_TIERS.filter((tier) => tier !== 1)
  .map(
    (tier) => `CREATE TABLE go_figures_${tier} (
  process INTEGER NOT NULL,
  t INTEGER NOT NULL, -- seconds
  pick INTEGER NOT NULL, -- 0 the lowest heap, 1 the highest
  ${FIGURE_COLUMNS.sql},
  PRIMARY KEY (process, t, pick)
) STRICT, WITHOUT ROWID;`,
  )
  .join('\n')}`

const exactSql = `INSERT OR IGNORE INTO go_figures_1 (process, ${FIGURE_COLUMNS.list}) VALUES (?, ${FIGURE_COLUMNS.marks})`
const pickSql = (tier: FigureTier, comparison: '<' | '>') =>
  `INSERT INTO go_figures_${tier} (process, t, pick, ${FIGURE_COLUMNS.list})
   VALUES (?, ?, ?, ${FIGURE_COLUMNS.marks})
   ON CONFLICT DO UPDATE SET ${FIGURE_COLUMNS.excluded}
   WHERE excluded.heap_live_bytes ${comparison} heap_live_bytes`

/** Samples of Go processes' heaps and schedulers in the SQLite store, by time and tier. */
export class GoFiguresTable {
  readonly #statements: Statements
  readonly #exact: number[] = []
  readonly #picked: number[] = []

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** @param processes ids by the index that the messages have */
  write(figures: readonly GoFigures[], processes: readonly number[]): void {
    for (const one of figures) {
      const process = processes[one.process]!
      this.#exact[0] = this.#picked[0] = process
      FIGURE_COLUMNS.bind(this.#exact, 1, one)
      // Told again, after the agent had lost its journal: it is in the coarser tiers too.
      if (this.#statements.prepare(exactSql).run(...this.#exact).changes === 0) continue
      FIGURE_COLUMNS.bind(this.#picked, 3, one)
      for (const tier of FIGURE_TIERS) {
        if (tier === 1) continue
        this.#picked[1] = floorTo(Math.floor(one.timeNs / 1e9), tier)
        for (const [pick, comparison] of (['<', '>'] as const).entries()) {
          this.#picked[2] = pick
          this.#statements.prepare(pickSql(tier, comparison)).run(...this.#picked)
        }
      }
    }
  }

  processes(): readonly number[] {
    return MessageColumns.rows(this.#statements, knownProcessesSql('go_figures_60'), []).map(
      ([process]) => process as number,
    )
  }

  read(processes: readonly number[], range: NsRange, tier: FigureTier): readonly GoFigures[] {
    const ids = JSON.stringify(processes)
    const { startNs, endNs } = range
    const select = `SELECT process, ${FIGURE_COLUMNS.list} FROM go_figures_${tier}
      WHERE process IN (SELECT value FROM json_each(?))`
    const rows =
      tier === 1
        ? MessageColumns.rows(
            this.#statements,
            `${select} AND time_ns >= ? AND time_ns < ? ORDER BY process, time_ns`,
            [ids, startNs, endNs],
          )
        : MessageColumns.rows(
            this.#statements,
            `${select} AND t >= ? AND t < ? AND time_ns >= ? AND time_ns < ? ORDER BY process, t, time_ns`,
            [ids, floorTo(startNs / 1e9, tier), ceilTo(Math.min(endNs / 1e9, 1e11), tier), startNs, endNs],
          )
    const figures: GoFigures[] = []
    for (const row of rows) {
      const last = figures.at(-1)
      // The only one of its span is the lowest and the highest.
      if (last && last.process === row[0] && last.timeNs === row[1]) continue
      figures.push(FIGURE_COLUMNS.read(row, 1, row[0] as number))
    }
    return figures
  }

  newest(processes: readonly number[], untilNs: number): readonly GoFigures[] {
    return processes.flatMap((process) => {
      for (const tier of FIGURE_TIERS) {
        const sql = `SELECT ${FIGURE_COLUMNS.list} FROM go_figures_${tier} WHERE process = ? AND time_ns < ?
          ORDER BY ${tier === 1 ? 'time_ns' : 't'} DESC, time_ns DESC LIMIT 1`
        const [row] = MessageColumns.rows(this.#statements, sql, [process, untilNs])
        if (row) return [FIGURE_COLUMNS.read(row, 0, process)]
      }
      return []
    })
  }

  /** Removes what is older than a tier's age. Returns how many rows of each tier went. */
  expire(nowSeconds: number): { readonly tier: FigureTier; readonly rows: number }[] {
    return FIGURE_TIERS.map((tier) => ({
      tier,
      rows: this.removeBefore(tier, nowSeconds - FIGURE_RETENTION_SECONDS[tier]),
    }))
  }

  /** @param cut seconds */
  removeBefore(tier: FigureTier, cut: number): number {
    const isOlder = tier === 1 ? 'time_ns < ?' : 't < ?'
    const sql = `DELETE FROM go_figures_${tier}
      WHERE process IN (${knownProcessesSql(`go_figures_${tier}`)}) AND ${isOlder}`
    return Number(this.#statements.prepare(sql).run(tier === 1 ? cut * 1e9 : cut).changes)
  }

  /** Seconds of the oldest and the newest of a tier; undefined when it is empty. */
  bounds(tier: FigureTier): { readonly from: number; readonly to: number } | undefined {
    const t = tier === 1 ? 'time_ns / 1e9' : 't'
    const [row] = MessageColumns.rows(
      this.#statements,
      `SELECT MIN(${t}), MAX(${t}) FROM go_figures_${tier}`,
      [],
    )
    return row && row[0] !== null ? { from: row[0] as number, to: row[1] as number } : undefined
  }
}
