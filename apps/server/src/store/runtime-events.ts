import { GcCycleSchema, WorldStopSchema, type GcCycle, type WorldStop } from '@quadrant/proto'
import { MessageColumns } from './message-columns.ts'
import type { Newest, RuntimeRows } from './runtime-store.ts'
import type { Statements } from './statements.ts'

/** For more processes than this, reading the whole range is faster than looking each up. */
const LOOKED_UP_PROCESSES_MAX = 50

const CYCLE_COLUMNS = new MessageColumns(GcCycleSchema, [
  'number',
  'start_ns',
  'end_ns',
  'sweep_termination_ns',
  'mark_termination_start_ns',
  'mark_termination_ns',
  'trigger',
  'heap_start_bytes',
  'heap_end_bytes',
  'heap_live_bytes',
  'heap_goal_bytes',
  'next_heap_goal_bytes',
  'assist_ns',
  'dedicated_ns',
  'idle_ns',
  'gomaxprocs',
])
const STOP_COLUMNS = new MessageColumns(WorldStopSchema, ['start_ns', 'duration_ns', 'reason'])

/** By their ends: so they are asked for and expire. */
export const EVENT_TABLES = `
CREATE TABLE gc_cycles (
  process INTEGER NOT NULL,
  ${CYCLE_COLUMNS.sql},
  PRIMARY KEY (end_ns, process)
) STRICT, WITHOUT ROWID;
CREATE INDEX gc_cycles_process ON gc_cycles (process, end_ns);
CREATE TABLE world_stops (
  process INTEGER NOT NULL,
  end_ns REAL NOT NULL,
  ${STOP_COLUMNS.sql},
  PRIMARY KEY (end_ns, process)
) STRICT, WITHOUT ROWID;
CREATE INDEX world_stops_process ON world_stops (process, end_ns);`

type EventTable = 'gc_cycles' | 'world_stops'
const EVENT_TABLE_NAMES = ['gc_cycles', 'world_stops'] as const

/** Collections and stops of the world in the SQLite store. */
export class RuntimeEvents {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** Adds what is not there. Returns whether it was new. */
  addCycle(process: number, cycle: GcCycle): boolean {
    const parameters: (number | string)[] = [process]
    CYCLE_COLUMNS.bind(parameters, 1, cycle)
    return this.#add(
      `INSERT INTO gc_cycles (process, ${CYCLE_COLUMNS.list}) VALUES (?, ${CYCLE_COLUMNS.marks}) ON CONFLICT DO NOTHING`,
      parameters,
    )
  }

  addStop(process: number, stop: WorldStop): boolean {
    const parameters: (number | string)[] = [process, stop.startNs + stop.durationNs]
    STOP_COLUMNS.bind(parameters, 2, stop)
    return this.#add(
      `INSERT INTO world_stops (process, end_ns, ${STOP_COLUMNS.list}) VALUES (?, ?, ${STOP_COLUMNS.marks}) ON CONFLICT DO NOTHING`,
      parameters,
    )
  }

  cycles(rows: RuntimeRows, limit: number): Newest<GcCycle> {
    return this.#newest('gc_cycles', CYCLE_COLUMNS, rows, limit)
  }

  stops(rows: RuntimeRows, limit: number): Newest<WorldStop> {
    return this.#newest('world_stops', STOP_COLUMNS, rows, limit)
  }

  /** Removes those that ended before `cutNs`. */
  removeBefore(cutNs: number): number {
    let rows = 0
    for (const table of EVENT_TABLE_NAMES)
      rows += Number(this.#statements.prepare(`DELETE FROM ${table} WHERE end_ns < ?`).run(cutNs).changes)
    return rows
  }

  /** Removes the oldest over the limit, and a tenth of it more. */
  shrinkTo(limit: number): number {
    let rows = 0
    for (const table of EVENT_TABLE_NAMES) {
      const count = this.#number(`SELECT COUNT(*) FROM ${table}`, [])
      if (count <= limit) continue
      const cutNs = this.#number(`SELECT end_ns FROM ${table} ORDER BY end_ns LIMIT 1 OFFSET ?`, [
        Math.min(count - 1, count - limit + Math.ceil(limit / 10)),
      ])
      rows += Number(this.#statements.prepare(`DELETE FROM ${table} WHERE end_ns < ?`).run(cutNs).changes)
    }
    return rows
  }

  #add(sql: string, parameters: ReadonlyArray<number | string>): boolean {
    return this.#statements.prepare(sql).run(...parameters).changes > 0
  }

  #newest<Desc extends typeof GcCycleSchema | typeof WorldStopSchema>(
    table: EventTable,
    columns: MessageColumns<Desc>,
    { processes, range }: RuntimeRows,
    limit: number,
  ): Newest<ReturnType<MessageColumns<Desc>['read']>> {
    const isLookedUp = processes !== undefined && processes.length <= LOOKED_UP_PROCESSES_MAX
    const from = `FROM ${table} ${isLookedUp ? `INDEXED BY ${table}_process` : ''}
      WHERE end_ns >= ? AND end_ns < ?
        ${processes ? `AND ${isLookedUp ? '' : '+'}process IN (SELECT value FROM json_each(?))` : ''}`
    const parameters = [range.startNs, range.endNs, ...(processes ? [JSON.stringify(processes)] : [])]
    const rows = MessageColumns.rows(
      this.#statements,
      `SELECT process, ${columns.list} ${from} ORDER BY end_ns DESC, process LIMIT ?`,
      [...parameters, limit],
    )
    const count = rows.length < limit ? rows.length : this.#number(`SELECT COUNT(*) ${from}`, parameters)
    return {
      rows: rows.map((row) => columns.read(row, 1, row[0] as number)).reverse(),
      omittedCount: count - rows.length,
    }
  }

  #number(sql: string, parameters: ReadonlyArray<number | string>): number {
    return Number(MessageColumns.rows(this.#statements, sql, parameters)[0]![0])
  }
}
