import { TIERS } from './rollup.ts'
import { bindDelta, readTotals, seriesSql, sumSql, upsertSql, type SqlRow } from './rollup-sql.ts'
import { floorTo, type Span } from './span.ts'
import type { Statements } from './statements.ts'
import type { CheckedBatch, EdgeSum, EndpointRef, SeriesPoint } from './store.ts'
import type { Topology } from './topology.ts'

/** Edges of a series that are looked up point by point: for more, reading the whole range is faster. */
const LOOKED_UP_EDGES_MAX = 50

/** The counters of edges in the SQLite store, by time and tier. */
export class EdgeRollups {
  readonly #statements: Statements
  readonly #topology: Topology
  readonly #parameters: number[] = []

  constructor(statements: Statements, topology: Topology) {
    this.#statements = statements
    this.#topology = topology
  }

  /**
   * Adds the deltas of a batch to each tier. Returns how many went to a catch-all edge.
   *
   * @param time seconds
   * @param ends by the index that the deltas have
   */
  write(time: number, batch: CheckedBatch, ends: readonly EndpointRef[]): number {
    const upserts = TIERS.map((tier) => ({ tier, statement: this.#statements.prepare(upsertSql(tier)) }))
    let limitedCount = 0
    for (const delta of batch.edges) {
      const { protocol, serverPort } = delta
      const edge = { client: ends[delta.client]!, server: ends[delta.server]!, protocol, serverPort }
      const { id, limited } = this.#topology.edgeId(edge, time)
      if (limited) limitedCount++
      bindDelta(this.#parameters, 0, id, delta)
      for (const { tier, statement } of upserts) {
        this.#parameters[0] = floorTo(time, tier)
        statement.run(...this.#parameters)
      }
    }
    return limitedCount
  }

  sums(spans: readonly Span[]): readonly EdgeSum[] {
    if (spans.length === 0) return []
    const sums: EdgeSum[] = []
    const bounds = spans.flatMap(({ from, to }) => [from, to])
    for (const row of this.#rows(sumSql(spans), bounds)) {
      const edge = this.#topology.edge(row[0] as number)
      if (edge) sums.push({ edge, totals: readTotals(row, 1) })
    }
    return sums
  }

  /** The points of some edges, added up, oldest first. */
  series(edges: readonly number[], span: Span): readonly SeriesPoint[] {
    if (span.to <= span.from || edges.length === 0) return []
    const sql = seriesSql(span.tier, edges.length <= LOOKED_UP_EDGES_MAX)
    return this.#rows(sql, [JSON.stringify(edges), span.from, span.to]).map((row) => ({
      time: row[0] as number,
      totals: readTotals(row, 1),
    }))
  }

  #rows(sql: string, parameters: ReadonlyArray<number | string>): readonly SqlRow[] {
    return this.#statements.prepare(sql, true).all(...parameters) as unknown as SqlRow[]
  }
}
