import { ROLLUP_COLUMNS, emptyTotals, type DeltaCounters, type Tier, type Totals } from './rollup.ts'
import type { Span } from './span.ts'

/** The largest gauge that is kept beside its time in one integer; more is shown as this. */
const ACTIVE_MAX = 0xff_ff_ff

const columns = ROLLUP_COLUMNS.map(({ column }) => column)

const onConflict = ROLLUP_COLUMNS.map(({ column, merge }) => {
  switch (merge) {
    case 'sum':
      return `${column} = ${column} + excluded.${column}`
    case 'max':
      return `${column} = MAX(${column}, excluded.${column})`
    case 'or':
      return `${column} = ${column} | excluded.${column}`
    case 'last':
      return `${column} = excluded.${column}`
    case 'last-set':
      return `${column} = CASE WHEN excluded.${column} = 0 THEN ${column} ELSE excluded.${column} END`
  }
}).join(', ')

/** Sums rows of one edge over time. A gauge's time is packed above it, so that MAX finds the latest. */
const summed = ROLLUP_COLUMNS.map(({ column, merge }) => {
  switch (merge) {
    case 'sum':
      return `SUM(${column})`
    case 'max':
    case 'or':
      return `MAX(${column})`
    case 'last':
      return `MAX((t << 24) | ${column}) & ${ACTIVE_MAX}`
    case 'last-set':
      return `IFNULL(MAX(CASE WHEN ${column} = 0 THEN NULL ELSE (t << 24) | ${column} END) & ${ACTIVE_MAX}, 0)`
  }
})

/** Parameters: time, edge, then a value for each column. */
export function upsertSql(tier: Tier): string {
  return `INSERT INTO rollup_${tier} (t, edge, ${columns.join(', ')}) VALUES (?, ?${', ?'.repeat(columns.length)})
    ON CONFLICT DO UPDATE SET ${onConflict}`
}

/** Adds the rows of edges to those that they are folded into. `fold(old, new)` is a temporary table. */
export function foldSql(tier: Tier): string {
  return `INSERT INTO rollup_${tier} (t, edge, ${columns.join(', ')})
    SELECT t, fold.new, ${summed.join(', ')} FROM rollup_${tier} JOIN fold ON fold.old = edge WHERE true GROUP BY t, fold.new
    ON CONFLICT DO UPDATE SET ${onConflict}`
}

/** Sums per edge over spans. Parameters: from and to of each span. */
export function sumSql(spans: readonly Span[]): string {
  const sources = spans.map(({ tier }) => `SELECT * FROM rollup_${tier} WHERE t >= ? AND t < ?`)
  return `SELECT edge, ${summed.join(', ')} FROM (${sources.join(' UNION ALL ')}) GROUP BY edge`
}

/** Adds up rows of several edges at one time. */
const added = ROLLUP_COLUMNS.map(({ column, merge }) =>
  merge === 'sum' || merge === 'last' ? `SUM(${column})` : `MAX(${column})`,
)

/**
 * The points of some edges, added up. Parameters: edges as a JSON array, from, to. The key begins with the time:
 * a few edges are looked up point by point, for many the whole range is read.
 */
export function seriesSql(tier: Tier, isFew: boolean): string {
  const select = `SELECT t, ${added.join(', ')}`
  if (!isFew)
    return `${select} FROM rollup_${tier} WHERE t >= ?2 AND t < ?3 AND edge IN (SELECT value FROM json_each(?1)) GROUP BY t`
  return `WITH RECURSIVE times(at) AS (SELECT ?2 UNION ALL SELECT at + ${tier} FROM times WHERE at + ${tier} < ?3)
    ${select} FROM times CROSS JOIN json_each(?1) CROSS JOIN rollup_${tier} ON t = at AND edge = value GROUP BY t`
}

export type SqlRow = ReadonlyArray<number | bigint | string | Uint8Array | null>

/** Fills the parameters of `upsertSql`, reusing the array. */
export function bindDelta(into: Array<number>, time: number, edge: number, delta: DeltaCounters): void {
  into[0] = time
  into[1] = edge
  for (let i = 0; i < ROLLUP_COLUMNS.length; i++) {
    const { field, merge } = ROLLUP_COLUMNS[i]!
    const value = Number(delta[field])
    into[i + 2] = merge === 'last' || merge === 'last-set' ? Math.min(value, ACTIVE_MAX) : value
  }
}

/** Reads the counters of a row from column `at` on. */
export function readTotals(row: SqlRow, at: number): Totals {
  const totals = emptyTotals()
  const target = totals as unknown as Record<string, number | boolean>
  for (let i = 0; i < ROLLUP_COLUMNS.length; i++) {
    const { field, merge } = ROLLUP_COLUMNS[i]!
    const value = Number(row[at + i])
    target[field] = merge === 'or' ? value !== 0 : value
  }
  return totals
}
