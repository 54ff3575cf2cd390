import { ProbeCostSchema, type ProbeCost } from '@quadrant/proto'
import { knownProcessesSql } from './known-processes.ts'
import { MessageColumns } from './message-columns.ts'
import type { Newest, RuntimeRows } from './runtime-store.ts'
import { floorTo } from './span.ts'
import type { Statements } from './statements.ts'

const COST_TIERS = [10, 60] as const
type CostTier = (typeof COST_TIERS)[number]
/** How long each tier is kept, seconds. */
const COST_RETENTION_SECONDS: Readonly<Record<CostTier, number>> = {
  10: 43_200,
  60: 2_592_000,
}

/** A range may have no end. */
const SECONDS_MAX = 1e11

const COST_COLUMNS = new MessageColumns(ProbeCostSchema, [
  'time_ns',
  'interval_ns',
  'process_cpu_ns',
  'hits',
  'trap_ns',
  'program_ns',
  'share',
  'share_max',
  'detached',
])

export const COST_TABLES = COST_TIERS.map(
  (tier) => `
CREATE TABLE probe_costs_${tier} (
  process INTEGER NOT NULL,
  t INTEGER NOT NULL, -- seconds
  ${COST_COLUMNS.sql},
  PRIMARY KEY (process, t)
) STRICT, WITHOUT ROWID;`,
).join('')

/** Costs of one process add up; its share is that of all its CPU time in them. */
const upsertSql = (tier: number) => `INSERT INTO probe_costs_${tier} (process, t, ${COST_COLUMNS.list})
  VALUES (?, ?, ${COST_COLUMNS.marks})
  ON CONFLICT DO UPDATE SET
    time_ns = MAX(time_ns, excluded.time_ns),
    interval_ns = interval_ns + excluded.interval_ns,
    process_cpu_ns = process_cpu_ns + excluded.process_cpu_ns,
    hits = hits + excluded.hits,
    trap_ns = trap_ns + excluded.trap_ns,
    program_ns = program_ns + excluded.program_ns,
    share = CASE WHEN process_cpu_ns + excluded.process_cpu_ns > 0
      THEN (share * process_cpu_ns + excluded.share * excluded.process_cpu_ns) / (process_cpu_ns + excluded.process_cpu_ns)
      ELSE MAX(share, excluded.share) END,
    share_max = excluded.share_max,
    detached = detached | excluded.detached`

/** What observing cost processes, in the SQLite store: sums of ten seconds and of a minute. */
export class ProbeCosts {
  readonly #statements: Statements
  readonly #parameters: (number | string)[] = []

  constructor(statements: Statements) {
    this.#statements = statements
  }

  write(costs: readonly ProbeCost[], processes: readonly number[]): void {
    for (const cost of costs) {
      this.#parameters[0] = processes[cost.process]!
      COST_COLUMNS.bind(this.#parameters, 2, cost)
      for (const tier of COST_TIERS) {
        this.#parameters[1] = floorTo(Math.floor(cost.timeNs / 1e9), tier)
        this.#statements.prepare(upsertSql(tier)).run(...this.#parameters)
      }
    }
  }

  /** From the finest tier that has the whole range yet. */
  read({ processes, range }: RuntimeRows, limit: number, nowSeconds: number): Newest<ProbeCost> {
    const from = range.startNs / 1e9
    const tier = from >= nowSeconds - COST_RETENTION_SECONDS[10] ? 10 : 60
    const ids = processes ? 'SELECT value FROM json_each(?)' : knownProcessesSql(`probe_costs_${tier}`)
    const source = `FROM probe_costs_${tier} WHERE process IN (${ids}) AND t >= ? AND t < ?`
    const parameters = [
      ...(processes ? [JSON.stringify(processes)] : []),
      floorTo(from, tier),
      Math.min(range.endNs / 1e9, SECONDS_MAX),
    ]
    const rows = MessageColumns.rows(
      this.#statements,
      `SELECT process, ${COST_COLUMNS.list} ${source} ORDER BY t DESC, process LIMIT ?`,
      [...parameters, limit],
    )
    const count =
      rows.length < limit
        ? rows.length
        : Number(MessageColumns.rows(this.#statements, `SELECT COUNT(*) ${source}`, parameters)[0]![0])
    return {
      rows: rows.map((row) => COST_COLUMNS.read(row, 1, row[0] as number)).reverse(),
      omittedCount: count - rows.length,
    }
  }

  /** The newest of each process before a moment, where it has one. */
  newest(processes: readonly number[], untilNs: number): readonly ProbeCost[] {
    return processes.flatMap((process) => {
      for (const tier of COST_TIERS) {
        const sql = `SELECT ${COST_COLUMNS.list} FROM probe_costs_${tier} WHERE process = ? AND t < ?
          ORDER BY t DESC LIMIT 1`
        const [row] = MessageColumns.rows(this.#statements, sql, [process, untilNs / 1e9])
        if (row) return [COST_COLUMNS.read(row, 0, process)]
      }
      return []
    })
  }

  /** Removes what is older than a tier's age. */
  expire(nowSeconds: number): number {
    let rows = 0
    for (const tier of COST_TIERS) rows += this.removeBefore(tier, nowSeconds - COST_RETENTION_SECONDS[tier])
    return rows
  }

  /** @param cut seconds */
  removeBefore(tier: CostTier, cut: number): number {
    const table = `probe_costs_${tier}`
    const sql = `DELETE FROM ${table} WHERE process IN (${knownProcessesSql(table)}) AND t < ?`
    return Number(this.#statements.prepare(sql).run(cut).changes)
  }
}
