import { packDurations, unpackDurations } from './duration-blob.ts'
import type { RequestTotals } from './request-totals.ts'
import { TIERS, type Tier } from './rollup.ts'
import type { SqlRow } from './rollup-sql.ts'
import { floorTo, type Span } from './span.ts'
import type { Statements } from './statements.ts'

/** Tables of one kind, one a tier: of whole edges, so that the map reads few rows, and of single series. */
type RollupTable = 'request_edges' | 'request_series'

/** Rows that are looked up point by point: for more, reading the whole range is faster. */
const LOOKED_UP_MAX = 50

const SUMMED = ['requests', 'errors', 'client_errors', 'aborted', 'request_bytes', 'response_bytes'] as const
const COLUMNS = [...SUMMED, 'bytes_unknown', 'durations']

export function requestRollupTables(table: RollupTable): string {
  return TIERS.map(
    (tier) => `
CREATE TABLE ${table}_${tier} (
  t INTEGER NOT NULL, -- seconds
  id INTEGER NOT NULL, -- of the ${table === 'request_edges' ? 'edge' : 'key'}
  ${SUMMED.map((column) => `${column} REAL NOT NULL`).join(',\n  ')},
  bytes_unknown INTEGER NOT NULL,
  durations BLOB NOT NULL, -- duration-blob.ts
  PRIMARY KEY (t, id)
) STRICT, WITHOUT ROWID;`,
  ).join('')
}

const ON_CONFLICT = `ON CONFLICT DO UPDATE SET
  ${SUMMED.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')},
  bytes_unknown = bytes_unknown | excluded.bytes_unknown,
  durations = merge_durations(durations, excluded.durations)`

const SUMS = `${SUMMED.map((column) => `SUM(${column})`).join(', ')}, MAX(bytes_unknown), sum_durations(durations)`

/** Requests in the SQLite store, by time and tier, for each edge or each series. */
export class RequestRollups {
  readonly #statements: Statements
  readonly #table: RollupTable
  /** Texts that are run for each series of each batch. */
  readonly #upserts: ReadonlyArray<{ readonly tier: Tier; readonly sql: string }>

  constructor(statements: Statements, table: RollupTable) {
    this.#statements = statements
    this.#table = table
    this.#upserts = TIERS.map((tier) => ({
      tier,
      sql: `INSERT INTO ${table}_${tier} (t, id, ${COLUMNS.join(', ')})
        VALUES (?, ?${', ?'.repeat(COLUMNS.length)}) ${ON_CONFLICT}`,
    }))
  }

  /** Adds to the points of every tier. @param time seconds */
  add(time: number, id: number, totals: RequestTotals): void {
    const { requests, errors, clientErrors, aborted, requestBytes, responseBytes, bytesUnknown } = totals
    const durations = packDurations(totals.durations)
    for (const { tier, sql } of this.#upserts)
      this.#statements
        .prepare(sql)
        .run(
          floorTo(time, tier),
          id,
          requests,
          errors,
          clientErrors,
          aborted,
          requestBytes,
          responseBytes,
          bytesUnknown ? 1 : 0,
          durations,
        )
  }

  /** Sums by id over spans; of all, or of those given. */
  sums(spans: readonly Span[], ids?: readonly number[]): ReadonlyMap<number, RequestTotals> {
    if (spans.length === 0 || ids?.length === 0) return new Map()
    const among = ids ? 'AND id IN (SELECT value FROM json_each(?))' : ''
    const text = ids ? [JSON.stringify(ids)] : []
    const sources = spans.map(
      ({ tier }) => `SELECT * FROM ${this.#table}_${tier} WHERE t >= ? AND t < ? ${among}`,
    )
    const rows = this.#rows(
      `SELECT id, ${SUMS} FROM (${sources.join(' UNION ALL ')}) GROUP BY id`,
      spans.flatMap(({ from, to }) => [from, to, ...text]),
    )
    return new Map(rows.map((row) => [row[0] as number, readTotals(row)]))
  }

  /** Points of some, added up, oldest first. @param step seconds, a multiple of the span's tier */
  points(
    ids: readonly number[],
    { tier, from, to }: Span,
    step: number,
  ): readonly { readonly time: number; readonly totals: RequestTotals }[] {
    if (to <= from || ids.length === 0) return []
    const table = `${this.#table}_${tier}`
    const source =
      ids.length <= LOOKED_UP_MAX
        ? `WITH RECURSIVE times(at) AS (SELECT ?2 UNION ALL SELECT at + ${tier} FROM times WHERE at + ${tier} < ?3)
           SELECT t - t % ?4, ${SUMS} FROM times CROSS JOIN json_each(?1)
             CROSS JOIN ${table} ON ${table}.t = times.at AND ${table}.id = json_each.value`
        : `SELECT t - t % ?4, ${SUMS} FROM ${table} WHERE t >= ?2 AND t < ?3 AND id IN (SELECT value FROM json_each(?1))`
    return this.#rows(`${source} GROUP BY 1 ORDER BY 1`, [JSON.stringify(ids), from, to, step]).map(
      (row) => ({
        time: row[0] as number,
        totals: readTotals(row),
      }),
    )
  }

  /** Adds the rows of some to those that they are folded into, by a temporary table `fold(old, new)`. */
  fold(fold: string): void {
    for (const tier of TIERS) {
      const table = `${this.#table}_${tier}`
      this.#statements
        .prepare(
          `INSERT INTO ${table} (t, id, ${COLUMNS.join(', ')})
           SELECT t, fold.new, ${SUMS} FROM ${table} JOIN ${fold} AS fold ON fold.old = ${table}.id
           WHERE true GROUP BY t, fold.new ${ON_CONFLICT}`,
        )
        .run()
      this.#statements.prepare(`DELETE FROM ${table} WHERE id IN (SELECT old FROM ${fold})`).run()
    }
  }

  /** Removes points that began before a time, seconds. Returns how many rows went. */
  removeBefore(tier: Tier, cut: number): number {
    return Number(this.#statements.prepare(`DELETE FROM ${this.#table}_${tier} WHERE t < ?`).run(cut).changes)
  }

  /** When each was there last, seconds. */
  lastSeen(): ReadonlyMap<number, number> {
    const rows = this.#rows(`SELECT id, MAX(t) FROM ${this.#table}_3600 GROUP BY id`, [])
    return new Map(rows.map((row) => [row[0] as number, row[1] as number]))
  }

  #rows(sql: string, parameters: ReadonlyArray<number | string>): readonly SqlRow[] {
    return this.#statements.prepare(sql, true).all(...parameters) as unknown as SqlRow[]
  }
}

/** Reads the sums after the first column. */
function readTotals(row: SqlRow): RequestTotals {
  return {
    requests: row[1] as number,
    errors: row[2] as number,
    clientErrors: row[3] as number,
    aborted: row[4] as number,
    requestBytes: row[5] as number,
    responseBytes: row[6] as number,
    bytesUnknown: row[7] !== 0,
    durations: unpackDurations(row[8] as Uint8Array),
  }
}
