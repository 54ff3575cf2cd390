import { fromBinary } from '@bufbuild/protobuf'
import { ProcessSchema, type Process } from '@quadrant/proto'
import type { Statements } from './statements.ts'
import type { ProcessLife, ProcessQuery, ProcessRef } from './store.ts'
import type { Topology } from './topology.ts'

/** For more processes than this, reading all is faster than looking each up. */
const LOOKED_UP_MAX = 1000

/** What the SQLite store knows of processes; `Topology` writes it. */
export class Processes {
  readonly #statements: Statements
  readonly #topology: Topology

  constructor(statements: Statements, topology: Topology) {
    this.#statements = statements
    this.#topology = topology
  }

  /** Those of a host that were described. */
  byKey(host: string, keys: readonly string[]): readonly Process[] {
    const statement = this.#statements.prepare(
      'SELECT body FROM processes WHERE host = ? AND key = ? AND length(body) > 0',
    )
    return keys.flatMap((key) => {
      const body = statement.get(host, key)?.['body']
      return body instanceof Uint8Array ? [fromBinary(ProcessSchema, body)] : []
    })
  }

  byId(ids: readonly number[]): readonly Process[] {
    const statement = this.#statements.prepare('SELECT body, end_ns FROM processes WHERE id = ?')
    return ids.flatMap((id) => {
      const row = statement.get(id)
      if (!row) return []
      return [{ ...fromBinary(ProcessSchema, row['body'] as Uint8Array), endNs: row['end_ns'] as number }]
    })
  }

  /** The newest first. */
  find({ service, host, key, pid }: ProcessQuery): readonly ProcessLife[] {
    const found: ProcessRef[] = []
    for (const process of this.#topology.processes())
      if (
        (service === undefined || process.service === service) &&
        (host === undefined || process.host === host) &&
        (key === undefined || process.key === key) &&
        (pid === undefined || process.pid === pid)
      )
        found.push(process)
    const times = this.#lifetimes(found.map(({ id }) => id))
    return found
      .sort((a, b) => b.id - a.id)
      .map((process): ProcessLife => {
        const [startNs, endNs] = times.get(process.id)!
        return { process, startNs, endNs }
      })
  }

  serviceNames(): readonly string[] {
    return [...new Set(this.#topology.processes().map(({ service }) => service))]
  }

  /** When processes started and ended. */
  #lifetimes(ids: readonly number[]): ReadonlyMap<number, readonly [startNs: number, endNs: number]> {
    // Looking many up one by one takes longer than reading all.
    const some = ids.length <= LOOKED_UP_MAX
    const rows = this.#statements
      .prepare(
        `SELECT id, start_ns, end_ns FROM processes ${some ? 'WHERE id IN (SELECT value FROM json_each(?))' : ''}`,
        true,
      )
      .all(...(some ? [JSON.stringify(ids)] : [])) as unknown as [number, number, number][]
    return new Map(rows.map(([id, startNs, endNs]) => [id, [startNs, endNs]]))
  }
}
