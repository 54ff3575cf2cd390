import { GoFiguresSchema, type GoFigures } from '@quadrant/proto'
import { knownProcessesSql } from './known-processes.ts'
import { MessageColumns } from './message-columns.ts'
import type { SqlRow } from './rollup-sql.ts'
import { ceilTo, floorTo } from './span.ts'
import type { Statements } from './statements.ts'
import type { NsRange } from './store.ts'
import { thin } from './thin.ts'

/** Seconds of which two samples are kept; 1: every sample. */
export const FIGURE_TIERS = [1, 10, 60, 3600] as const
export type FigureTier = (typeof FIGURE_TIERS)[number]

/** Which samples are read. */
export interface FigureDetail {
  readonly tier: FigureTier
  /** Most of each process; see `thin`. */
  readonly pointsMax: number
}

/** A range may have no end. */
const SECONDS_MAX = 1e11

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
  .join('\n')}
CREATE TABLE go_figures_pending ( -- one row: what the coarser tiers may lack something of, in seconds
  id INTEGER PRIMARY KEY,
  from_s REAL NOT NULL,
  to_s REAL NOT NULL
) STRICT;`

const writeSql = `INSERT INTO go_figures_1 (process, ${FIGURE_COLUMNS.list}) VALUES (?, ${FIGURE_COLUMNS.marks}) ON CONFLICT DO NOTHING`

/**
 * Of a group of rows the one with the lowest or the highest heap: where MIN or MAX stands in a SELECT, SQLite gives the
 * other columns of the row that it found (sqlite.org, "Bare columns in an aggregate query").
 */
const pickedColumns = (pick: 'MIN' | 'MAX') =>
  FIGURE_COLUMNS.list.replace('heap_live_bytes', `${pick}(heap_live_bytes)`)

/** Thins what the finest tier has of some time. Done again it changes nothing. */
const thinSql = (tier: FigureTier, pick: 'MIN' | 'MAX') => {
  return `INSERT INTO go_figures_${tier} (process, t, pick, ${FIGURE_COLUMNS.list})
    SELECT process, CAST(time_ns / 1e9 AS INTEGER) / ${tier} * ${tier} AS t, ${pick === 'MIN' ? 0 : 1}, ${pickedColumns(pick)}
    FROM go_figures_1
    WHERE process IN (${knownProcessesSql('go_figures_1')}) AND time_ns >= ? AND time_ns < ? GROUP BY process, t
    ON CONFLICT DO UPDATE SET ${FIGURE_COLUMNS.excluded}
    WHERE excluded.heap_live_bytes ${pick === 'MIN' ? '<' : '>'} heap_live_bytes`
}

/** Parameters: ids, start and end in nanoseconds; where the tier is not 1, those in seconds too. In the order of the key. */
const readSql = (tier: FigureTier) => `SELECT process, ${FIGURE_COLUMNS.list} FROM go_figures_${tier}
  WHERE process IN (SELECT value FROM json_each(?1)) AND time_ns >= ?2 AND time_ns < ?3
    ${tier === 1 ? 'ORDER BY process, time_ns' : 'AND t >= ?4 AND t < ?5 ORDER BY process, t, pick'}`
/** Where time and heap are in its rows. */
const TIME_AT = 1
const HEAP_AT = 2
const NONE = { from: 0, to: 0 }

/**
 * Samples of Go processes' heaps and schedulers in the SQLite store, by time and tier. Frames write the finest tier;
 * the coarser ones are made of it before they are read and before anything of it expires.
 */
export class GoFiguresTable {
  readonly #statements: Statements
  readonly #parameters: number[] = []
  /** What the coarser tiers may lack something of, as the store has it or more; `from` is `to` where it is nothing. */
  #pending: { readonly from: number; readonly to: number } = NONE

  constructor(statements: Statements) {
    this.#statements = statements
    this.load()
  }

  /** To be called after a transaction was rolled back. */
  load(): void {
    const row = this.#statements.prepare('SELECT from_s, to_s FROM go_figures_pending').get()
    this.#pending = row ? { from: row['from_s'] as number, to: row['to_s'] as number } : NONE
  }

  /** @param processes ids by the index that the messages have */
  write(figures: readonly GoFigures[], processes: readonly number[]): void {
    if (figures.length === 0) return
    const insert = this.#statements.prepare(writeSql)
    let { from, to } = this.#pending
    for (const one of figures) {
      this.#parameters[0] = processes[one.process]!
      FIGURE_COLUMNS.bind(this.#parameters, 1, one)
      insert.run(...this.#parameters)
      const second = Math.floor(one.timeNs / 1e9)
      if (from === to) [from, to] = [second, second + 1]
      else [from, to] = [Math.min(from, second), Math.max(to, second + 1)]
    }
    this.#pending = { from, to }
    this.#statements.prepare('INSERT OR REPLACE INTO go_figures_pending VALUES (1, ?, ?)').run(from, to)
  }

  processes(): readonly number[] {
    this.#thin()
    return MessageColumns.rows(this.#statements, knownProcessesSql('go_figures_60'), []).map(
      ([process]) => process as number,
    )
  }

  /** By process, then time. */
  read(
    processes: readonly number[],
    range: NsRange,
    { tier, pointsMax }: FigureDetail,
  ): readonly GoFigures[] {
    if (tier !== 1) this.#thin()
    const { startNs, endNs } = range
    const parameters: (number | string)[] = [JSON.stringify(processes), startNs, endNs]
    if (tier !== 1)
      parameters.push(floorTo(startNs / 1e9, tier), ceilTo(Math.min(endNs / 1e9, SECONDS_MAX), tier))
    const rows = MessageColumns.rows(this.#statements, readSql(tier), parameters)
    const figures: GoFigures[] = []
    for (let from = 0, to = 0; from < rows.length; from = to) {
      const process = rows[from]![0] as number
      while (to < rows.length && rows[to]![0] === process) to++
      // Rows are thinned before they become messages, which cost more.
      const kept = thin(byTime(rows.slice(from, to)), { range, pointsMax, timeOf, valueOf: heapOf })
      for (const row of kept) figures.push(FIGURE_COLUMNS.read(row, 1, process))
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
    if (tier === 1) this.#thin()
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

  #thin(): void {
    const { from, to } = this.#pending
    if (from === to) return
    for (const tier of FIGURE_TIERS)
      if (tier !== 1)
        for (const pick of ['MIN', 'MAX'] as const)
          this.#statements.prepare(thinSql(tier, pick)).run(from * 1e9, to * 1e9)
    this.#statements.prepare('DELETE FROM go_figures_pending').run()
    this.#pending = NONE
  }
}

function timeOf(row: SqlRow): number {
  return row[TIME_AT] as number
}

function heapOf(row: SqlRow): number {
  return row[HEAP_AT] as number
}

/** Of each span the two picks come in their order and not in that of time; the only one of a span comes twice. */
function byTime(rows: readonly SqlRow[]): readonly SqlRow[] {
  const sorted: SqlRow[] = []
  for (const row of rows) {
    const last = sorted.at(-1)
    if (!last || timeOf(last) < timeOf(row)) sorted.push(row)
    else if (timeOf(last) > timeOf(row)) sorted.splice(-1, 0, row)
  }
  return sorted
}
