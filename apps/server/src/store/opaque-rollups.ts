import type { OpaqueSeries, RequestSide } from '@quadrant/proto'
import { TIERS, type Tier } from './rollup.ts'
import type { SqlRow } from './rollup-sql.ts'
import { floorTo, type Span } from './span.ts'
import type { Statements } from './statements.ts'

const SUMMED = ['connections', 'bytes_to_server', 'bytes_to_client', 'requests'] as const

export const OPAQUE_TABLES = `
CREATE TABLE opaque_keys (
  id INTEGER PRIMARY KEY,
  edge INTEGER NOT NULL,
  side INTEGER NOT NULL,
  label TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (edge, side, label, name)
) STRICT;
${TIERS.map(
  (tier) => `CREATE TABLE opaque_${tier} (
  t INTEGER NOT NULL, -- seconds
  id INTEGER NOT NULL,
  ${SUMMED.map((column) => `${column} REAL NOT NULL`).join(',\n  ')},
  PRIMARY KEY (t, id)
) STRICT, WITHOUT ROWID;`,
).join('\n')}`

const ON_CONFLICT = `ON CONFLICT DO UPDATE SET ${SUMMED.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`
const SUMS = SUMMED.map((column) => `SUM(${column})`).join(', ')
/** Stands for names that are not told apart. */
const OTHER = '~other'

/** What could not be read of one edge, for one reason. */
export interface OpaqueSum {
  /** Id of the edge. */
  readonly edge: number
  readonly side: RequestSide
  readonly label: string
  readonly name: string
  readonly connections: number
  readonly bytesToServer: number
  readonly bytesToClient: number
  readonly requests: number
}

/**
 * What could not be read as requests in the SQLite store, by time and tier. There are few keys: they stay in SQL. How
 * many is held in memory: after a rolled back transaction `load` must be called.
 */
export class OpaqueRollups {
  readonly #statements: Statements
  readonly #limit: number
  #keyCount = 0

  constructor(statements: Statements, limit: number) {
    this.#statements = statements
    this.#limit = limit
    this.load()
  }

  /** Counts what is there. */
  load(): void {
    this.#keyCount = Number(this.#statements.prepare('SELECT COUNT(*) AS n FROM opaque_keys').get()!['n'])
  }

  /** Returns whether its name is not told apart, because of the limit. @param time seconds */
  add(time: number, edge: number, series: OpaqueSeries): boolean {
    const { side, label, name, connections, bytesToServer, bytesToClient, requests } = series
    let id = this.#find(edge, side, label, name)
    const limited = id === undefined && name !== OTHER && this.#keyCount >= this.#limit
    id ??= limited
      ? (this.#find(edge, side, label, OTHER) ?? this.#make(edge, side, label, OTHER))
      : this.#make(edge, side, label, name)
    for (const tier of TIERS)
      this.#statements
        .prepare(`INSERT INTO opaque_${tier} VALUES (?, ?, ?, ?, ?, ?) ${ON_CONFLICT}`)
        .run(floorTo(time, tier), id, connections, bytesToServer, bytesToClient, requests)
    return limited
  }

  sums(spans: readonly Span[]): readonly OpaqueSum[] {
    if (spans.length === 0) return []
    const sources = spans.map(({ tier }) => `SELECT * FROM opaque_${tier} WHERE t >= ? AND t < ?`)
    const rows = this.#statements
      .prepare(
        `SELECT edge, side, label, name, ${SUMS} FROM (${sources.join(' UNION ALL ')}) JOIN opaque_keys USING (id)
         GROUP BY id`,
        true,
      )
      .all(...spans.flatMap(({ from, to }) => [from, to])) as unknown as SqlRow[]
    return rows.map((row) => ({
      edge: row[0] as number,
      side: row[1] as RequestSide,
      label: row[2] as string,
      name: row[3] as string,
      connections: row[4] as number,
      bytesToServer: row[5] as number,
      bytesToClient: row[6] as number,
      requests: row[7] as number,
    }))
  }

  /** Gives what edges had to those that they are folded into, by a temporary table `fold(old, new)`. */
  foldEdges(fold: string): void {
    const run = (sql: string) => this.#statements.prepare(sql).run()
    run(`INSERT INTO opaque_keys (edge, side, label, name)
         SELECT fold.new, side, label, name FROM opaque_keys JOIN ${fold} AS fold ON fold.old = edge WHERE true
         ON CONFLICT DO NOTHING`)
    for (const tier of TIERS)
      run(`INSERT INTO opaque_${tier}
           SELECT t, kept.id, ${SUMS} FROM opaque_${tier} AS points
             JOIN opaque_keys AS gone USING (id) JOIN ${fold} AS fold ON fold.old = gone.edge
             JOIN opaque_keys AS kept ON kept.edge = fold.new AND kept.side = gone.side
               AND kept.label = gone.label AND kept.name = gone.name
           WHERE true GROUP BY t, kept.id ${ON_CONFLICT}`)
    const gone = `SELECT id FROM opaque_keys WHERE edge IN (SELECT old FROM ${fold})`
    for (const tier of TIERS) run(`DELETE FROM opaque_${tier} WHERE id IN (${gone})`)
    run(`DELETE FROM opaque_keys WHERE edge IN (SELECT old FROM ${fold})`)
    this.load()
  }

  /** Removes points that began before a time, seconds, and with the coarsest what has none left. */
  removeBefore(tier: Tier, cut: number): number {
    const { changes } = this.#statements.prepare(`DELETE FROM opaque_${tier} WHERE t < ?`).run(cut)
    if (changes > 0 && tier === TIERS.at(-1)) {
      this.#statements
        .prepare(`DELETE FROM opaque_keys WHERE id NOT IN (SELECT id FROM opaque_${tier})`)
        .run()
      this.load()
    }
    return Number(changes)
  }

  #find(edge: number, side: number, label: string, name: string): number | undefined {
    return this.#statements
      .prepare('SELECT id FROM opaque_keys WHERE edge = ? AND side = ? AND label = ? AND name = ?')
      .get(edge, side, label, name)?.['id'] as number | undefined
  }

  #make(edge: number, side: number, label: string, name: string): number {
    this.#keyCount++
    return this.#statements
      .prepare('INSERT INTO opaque_keys (edge, side, label, name) VALUES (?, ?, ?, ?) RETURNING id')
      .get(edge, side, label, name)!['id'] as number
  }
}
