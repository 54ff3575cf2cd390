import type { DatabaseSync } from 'node:sqlite'
import type { FlowSegments } from './flow-segments.ts'
import type { HostNames } from './host-names.ts'
import { RETENTION_SECONDS_MAX, TIERS, TIER_RETENTION_SECONDS } from './rollup.ts'
import { foldSql } from './rollup-sql.ts'
import type { Drop } from '@quadrant/proto'
import type { RuntimeRetention } from './runtime-retention.ts'
import type { EndpointRef, StoreLimits } from './store.ts'
import { EDGE_LIMIT, type Topology } from './topology.ts'

/** Edges are folded when this share of the limit is reached, down to the lower one. */
const FOLD_FROM = 0.9
const FOLD_TO = 0.7
/** An edge that was seen in this time is not folded. */
const FOLD_IDLE_SECONDS = 60

/** Keeps the SQLite store under its limits. Runs inside the store's transactions. */
export class Retention {
  readonly #db: DatabaseSync
  readonly #limits: StoreLimits
  readonly #topology: Topology
  readonly #flows: FlowSegments
  readonly #runtime: RuntimeRetention
  readonly #names: HostNames

  constructor(
    db: DatabaseSync,
    limits: StoreLimits,
    tables: {
      readonly topology: Topology
      readonly flows: FlowSegments
      readonly runtime: RuntimeRetention
      readonly names: HostNames
    },
  ) {
    this.#db = db
    this.#limits = limits
    this.#topology = tables.topology
    this.#flows = tables.flows
    this.#runtime = tables.runtime
    this.#names = tables.names
  }

  /** Pages in use; those freed but not yet given back to the file system are not counted. */
  sizeBytes(): number {
    const pragma = (name: string) => this.#db.prepare(`PRAGMA ${name}`).get()![name] as number
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
  }

  /** Returns what was removed, as drops of the stage `server.retention`. */
  run(nowSeconds: number): Drop[] {
    const removed: Drop[] = []
    const count = (reason: string, rows: number) => {
      if (rows > 0) removed.push({ stage: 'server.retention', reason, count: rows })
    }
    for (const tier of TIERS) {
      const cut = nowSeconds - TIER_RETENTION_SECONDS[tier]
      count(`rollup-${tier}s-age`, this.#removeBefore(tier, cut))
    }
    removed.push(...this.#runtime.run(nowSeconds))
    count('names-age', this.#names.removeBefore((nowSeconds - RETENTION_SECONDS_MAX) * 1e9))
    count('names-limit', this.#names.shrinkTo(this.#limits.names))
    count('flow-bytes', this.#flows.shrinkTo(this.#limits.flowBytes))
    count('store-bytes', this.#shrink())
    count('edge-limit-folded', this.#foldEdges(nowSeconds))
    count('process-limit', this.#forgetProcesses())
    return removed
  }

  #removeBefore(tier: number, cut: number): number {
    for (const table of ['totals', 'drops'])
      this.#db.prepare(`DELETE FROM ${table}_${tier} WHERE t < ?`).run(cut)
    return Number(this.#db.prepare(`DELETE FROM rollup_${tier} WHERE t < ?`).run(cut).changes)
  }

  /** Over the limit of the whole store: an eighth of the flows first, then of the profiles, then of the finest points. */
  #shrink(): number {
    const size = this.sizeBytes()
    if (size <= this.#limits.storeBytes) return 0
    const flows = this.#flows.shrinkTo(Math.floor(this.#flows.bytes - size / 8))
    if (flows > 0) return flows
    const samples = this.#runtime.shrinkProfiles(size)
    if (samples > 0) return samples
    const figures = this.#runtime.shrinkFigures()
    if (figures > 0) return figures
    for (const tier of TIERS) {
      const { from, to } = this.#db
        .prepare(`SELECT MIN(t) AS "from", MAX(t) AS "to" FROM totals_${tier}`)
        .get()!
      const cut = Number(from) + Math.ceil((Number(to) - Number(from)) / 8)
      const rows = cut > Number(from) ? this.#removeBefore(tier, cut) : 0
      if (rows > 0) return rows
    }
    return 0
  }

  /**
   * Makes room for new edges: of those that were idle the longest, ended processes become their service's and
   * far addresses become `other`, and the points are added up. Sums per service stay exact.
   */
  #foldEdges(nowSeconds: number): number {
    const limit = this.#limits.edges
    if (this.#topology.edgeCount < limit * FOLD_FROM) return 0
    const ended = new Set(
      this.#db
        .prepare('SELECT id FROM processes WHERE end_ns > 0')
        .all()
        .map((row) => row['id'] as number),
    )
    const foldEnd = (end: EndpointRef): EndpointRef => {
      if (end.kind === 'address') return EDGE_LIMIT
      if (end.kind !== 'process' || !ended.has(end.process.id)) return end
      return { kind: 'ended', host: end.process.host, service: end.process.service }
    }
    const candidates = [...this.#topology.edges()]
      .filter(({ seen }) => seen < nowSeconds - FOLD_IDLE_SECONDS)
      .sort((a, b) => a.seen - b.seen)
      .slice(0, Math.ceil(this.#topology.edgeCount - limit * FOLD_TO))
    this.#db.exec(
      'CREATE TEMP TABLE IF NOT EXISTS fold (old INTEGER PRIMARY KEY, new INTEGER) STRICT; DELETE FROM fold',
    )
    const insert = this.#db.prepare('INSERT INTO fold VALUES (?, ?)')
    let folded = 0
    for (const { ref, seen } of candidates) {
      const client = foldEnd(ref.client)
      const server = foldEnd(ref.server)
      if (client === ref.client && server === ref.server) continue
      const edge = { client, server, protocol: ref.protocol, serverPort: ref.serverPort }
      insert.run(ref.id, this.#topology.edgeId(edge, seen, { folding: true }).id)
      folded++
    }
    if (folded === 0) return 0
    for (const tier of TIERS) {
      this.#db.exec(foldSql(tier))
      this.#db.exec(`DELETE FROM rollup_${tier} WHERE edge IN (SELECT old FROM fold)`)
    }
    this.#db.exec(`DELETE FROM edges WHERE id IN (SELECT old FROM fold);
      DELETE FROM endpoints WHERE id NOT IN (SELECT client FROM edges UNION SELECT server FROM edges);`)
    this.#topology.load()
    return folded
  }

  /** Over the limit: the oldest ended processes that no edge refers to. Flows that name them lose the name. */
  #forgetProcesses(): number {
    const over = this.#topology.processCount - this.#limits.processes
    if (over <= 0) return 0
    const { changes } = this.#db
      .prepare(
        `DELETE FROM processes WHERE id IN (
           SELECT id FROM processes WHERE end_ns > 0 AND id NOT IN (SELECT value FROM endpoints WHERE kind = 1)
           ORDER BY end_ns LIMIT ?)`,
      )
      .run(over + Math.ceil(this.#limits.processes / 10))
    if (changes > 0) {
      this.#runtime.forgetProcesses()
      this.#topology.load()
    }
    return Number(changes)
  }
}
