import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { formatAddress } from '@quadrant/core'
import {
  InstructionSchema,
  ProcessSchema,
  lostCount,
  type Endpoint,
  type Instruction,
  type Process,
} from '@quadrant/proto'
import { ServerError } from '../error.ts'
import { Retention } from './retention.ts'
import { TIERS } from './rollup.ts'
import { bindDelta, readTotals, seriesSql, sumSql, upsertSql, type SqlRow } from './rollup-sql.ts'
import { SCHEMA, SCHEMA_VERSION } from './schema.ts'
import { packAddresses, packIds, unpackAddresses, unpackIds } from './segment.ts'
import { floorTo, type Span } from './span.ts'
import type {
  AgentIdentity,
  AgentRow,
  CheckedBatch,
  Commit,
  Drop,
  EdgeSum,
  EndpointRef,
  FlowSegment,
  FlowSegmentHead,
  NsRange,
  SeriesPoint,
  Stage,
  Store,
  StoreLimits,
  StoreSize,
  TimelineTotals,
} from './store.ts'
import { Topology } from './topology.ts'

/** Result code of sqlite3.h: somebody else holds the lock. */
const SQLITE_BUSY = 5
/** Edges of a series that are looked up point by point. */
const LOOKED_UP_EDGES_MAX = 50

/** Opens or makes the store at `path`. @throws {ServerError} `store` where it can't be read or is newer. */
export function openSqliteStore(path: string, limits: StoreLimits): Store {
  try {
    return new SqliteStore(path, limits)
  } catch (error) {
    if (error instanceof ServerError) throw error
    const { message, errcode } = error as Error & { errcode?: number }
    throw errcode === SQLITE_BUSY
      ? new ServerError('store', `another server has ${path} open`, {
          fix: 'stop it, or start with another --data',
          cause: error,
        })
      : new ServerError('store', `${path}: ${message}`, {
          fix: 'move that file away to begin with an empty store, or start with another --data',
          cause: error,
        })
  }
}

/**
 * The embedded store. WAL with synchronous=NORMAL: a commit survives the death of the process at once, and a
 * power cut may take back the newest commits, but never a part of one. Exactly-once holds in both: the
 * acknowledgement follows the commit, and the sequence number is in the same transaction as the counters. After a
 * power cut the agents' host has started anew too, and what was lost shows as a gap of sequence numbers.
 *
 * The file is held under an exclusive lock, which ends with the process: two servers never share a store.
 */
class SqliteStore implements Store {
  readonly #db: DatabaseSync
  readonly #limits: StoreLimits
  readonly #topology: Topology
  readonly #retention: Retention
  readonly #statements = new Map<string, StatementSync>()
  readonly #parameters: number[] = []
  #newestSeconds: number

  constructor(path: string, limits: StoreLimits) {
    const db = new DatabaseSync(path)
    this.#db = db
    this.#limits = limits
    try {
      db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
        PRAGMA trusted_schema = OFF;`)
      const version = db.prepare('PRAGMA user_version').get()!['user_version'] as number
      if (version > SCHEMA_VERSION)
        throw new ServerError('store', `${path} was written by a newer Quadrant (schema ${version})`, {
          fix: 'run the newer version, or start with another --data',
        })
      if (version === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`)
      this.#topology = new Topology(db, limits.edges)
      this.#retention = new Retention(db, limits, this.#topology)
      this.#newestSeconds = Number(db.prepare('SELECT MAX(t) AS t FROM totals_60').get()!['t'] ?? 0)
      if (this.#newestSeconds > 0)
        this.#newestSeconds = Number(
          db.prepare('SELECT MAX(t) AS t FROM totals_1').get()!['t'] ?? this.#newestSeconds,
        )
    } catch (error) {
      db.close()
      throw error
    }
  }

  async agent(identity: AgentIdentity): Promise<AgentRow> {
    const { agentId, host, bootId, version } = identity
    // Nobody was there to see how the processes of an earlier boot ended; they end with what was told last.
    this.#prepare(
      `UPDATE processes SET end_ns = MAX(start_ns, agents.last_frame_ns) FROM agents
       WHERE agents.agent_id = ? AND agents.boot_id <> ? AND processes.host = agents.host AND end_ns = 0`,
    ).run(agentId, bootId)
    const row = this.#prepare(
      `INSERT INTO agents (agent_id, host, boot_id, version, last_seq, last_frame_ns) VALUES (?, ?, ?, ?, 0, 0)
       ON CONFLICT (agent_id) DO UPDATE SET host = excluded.host, boot_id = excluded.boot_id, version = excluded.version
       RETURNING *`,
    ).get(agentId, host, bootId, version)!
    return readAgent(row)
  }

  async agents(): Promise<readonly AgentRow[]> {
    return this.#prepare('SELECT * FROM agents ORDER BY host, agent_id').all().map(readAgent)
  }

  async commit(agent: number, seq: number, batch: CheckedBatch): Promise<Commit> {
    return this.#transaction(() => {
      const { last_seq: lastSeq, host } = this.#agentRow(agent)
      if (seq <= lastSeq) return { applied: false, segment: undefined }
      // The middle of the window: the agent's tick is never quite on the second.
      const time = Math.floor((batch.startNs + batch.endNs) / 2e9)
      for (const process of batch.processes) this.#topology.putProcess(host, process)
      const drops: Drop[] = batch.drops.map(({ stage, reason, count }) => ({ stage, reason, count }))
      const limited = this.#writeEdges(host, time, batch)
      if (limited > 0) drops.push({ stage: 'server.edges', reason: 'edge-limit', count: limited })
      if (lastSeq > 0 && seq > lastSeq + 1)
        drops.push({ stage: 'server.ingest', reason: 'sequence-gap', count: seq - lastSeq - 1 })
      this.#writeTotals(time, batch, drops)
      for (const { stage, seen, kept } of batch.stages)
        this.#prepare(
          `INSERT INTO stage_totals VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET seen = seen + excluded.seen, kept = kept + excluded.kept`,
        ).run(stage, seen, kept)
      const segment = batch.flowSummary.count > 0 ? this.#writeSegment(host, batch) : undefined
      this.#prepare('UPDATE agents SET last_seq = ?, last_frame_ns = ? WHERE id = ?').run(
        seq,
        batch.endNs,
        agent,
      )
      if (time > this.#newestSeconds) this.#newestSeconds = time
      return { applied: true, segment }
    })
  }

  async skip(agent: number, seq: number, drop: Drop): Promise<void> {
    this.#transaction(() => {
      if (seq <= this.#agentRow(agent).last_seq) return
      this.#addDropTotals([drop])
      this.#prepare('UPDATE agents SET last_seq = ? WHERE id = ?').run(seq, agent)
    })
  }

  async countDrops(drops: readonly Drop[]): Promise<void> {
    this.#transaction(() => this.#addDropTotals(drops))
  }

  async edgeSums(spans: readonly Span[]): Promise<readonly EdgeSum[]> {
    if (spans.length === 0) return []
    const sums: EdgeSum[] = []
    const statement = this.#prepare(sumSql(spans), true)
    for (const row of rows(
      statement,
      spans.flatMap(({ from, to }) => [from, to]),
    )) {
      const edge = this.#topology.edge(row[0] as number)
      if (edge) sums.push({ edge, totals: readTotals(row, 1) })
    }
    return sums
  }

  async edgeSeries(edges: readonly number[], span: Span): Promise<readonly SeriesPoint[]> {
    if (span.to <= span.from || edges.length === 0) return []
    const statement = this.#prepare(seriesSql(span.tier, edges.length <= LOOKED_UP_EDGES_MAX), true)
    return rows(statement, [JSON.stringify(edges), span.from, span.to]).map((row) => ({
      time: row[0] as number,
      totals: readTotals(row, 1),
    }))
  }

  async timeline(span: Span): Promise<readonly TimelineTotals[]> {
    return this.#prepare(
      `SELECT t AS time, opened, failed, reset, bytes, retransmits, dropped, seconds
       FROM totals_${span.tier} WHERE t >= ? AND t < ? ORDER BY t`,
    ).all(span.from, span.to) as unknown as TimelineTotals[]
  }

  async drops(spans: readonly Span[]): Promise<readonly Drop[]> {
    const sums = new Map<string, Drop>()
    for (const { tier, from, to } of spans) {
      const found = this.#prepare(
        `SELECT stage, reason, SUM(count) AS count FROM drops_${tier} WHERE t >= ? AND t < ? GROUP BY stage, reason`,
      ).all(from, to) as unknown as Drop[]
      for (const { stage, reason, count } of found) {
        const key = `${stage}\n${reason}`
        sums.set(key, { stage, reason, count: count + (sums.get(key)?.count ?? 0) })
      }
    }
    return [...sums.values()]
  }

  async dropTotals(): Promise<readonly Drop[]> {
    return this.#prepare('SELECT * FROM drop_totals').all() as unknown as Drop[]
  }

  async stageTotals(): Promise<readonly Stage[]> {
    return this.#prepare('SELECT * FROM stage_totals').all() as unknown as Stage[]
  }

  async processes(ids: readonly number[]): Promise<readonly Process[]> {
    const statement = this.#prepare('SELECT body, end_ns FROM processes WHERE id = ?')
    return ids.flatMap((id) => {
      const row = statement.get(id)
      if (!row) return []
      return [{ ...fromBinary(ProcessSchema, row['body'] as Uint8Array), endNs: row['end_ns'] as number }]
    })
  }

  async flowSegments(
    range: NsRange,
    page: { idMax: number; limit: number },
  ): Promise<readonly FlowSegmentHead[]> {
    return this.#prepare(
      'SELECT * FROM flow_segments WHERE id <= ? AND to_ns >= ? AND from_ns < ? ORDER BY id DESC LIMIT ?',
    )
      .all(page.idMax, range.startNs, range.endNs, page.limit)
      .map(readHead)
  }

  async lastFlowSegment(): Promise<number> {
    return Number(this.#prepare('SELECT MAX(id) AS id FROM flow_segments').get()!['id'] ?? 0)
  }

  async instruction(): Promise<Instruction | undefined> {
    const row = this.#prepare("SELECT value FROM settings WHERE name = 'instruction'").get()
    return row && fromBinary(InstructionSchema, row['value'] as Uint8Array)
  }

  async keepInstruction(instruction: Instruction): Promise<void> {
    this.#prepare("INSERT OR REPLACE INTO settings VALUES ('instruction', ?)").run(
      toBinary(InstructionSchema, instruction),
    )
  }

  async flowSegment(id: number): Promise<FlowSegment | undefined> {
    const row = this.#prepare('SELECT * FROM flow_segments JOIN flow_columns USING (id) WHERE id = ?').get(id)
    if (!row) return undefined
    return {
      ...readHead(row),
      columns: row['columns'] as Uint8Array,
      addresses: unpackAddresses(row['addresses'] as Uint8Array),
      processes: unpackIds(row['processes'] as Uint8Array).map((process) => this.#topology.process(process)),
    }
  }

  async size(): Promise<StoreSize> {
    const flows = this.#prepare('SELECT from_ns FROM flow_segments ORDER BY id LIMIT 1').get()
    const oldest = this.#prepare('SELECT MIN(t) AS t FROM totals_60').get()!['t'] as number | null
    const oldestFlowNs = flows?.['from_ns'] as number | undefined
    return {
      sizeBytes: this.#retention.sizeBytes(),
      limitBytes: this.#limits.storeBytes,
      edges: this.#topology.edgeCount,
      edgesLimit: this.#limits.edges,
      processes: this.#topology.processCount,
      flowSegments: this.#retention.flowSegments,
      flowBytes: this.#retention.flowBytes,
      flowLimitBytes: this.#limits.flowBytes,
      oldestNs: oldest === null ? (oldestFlowNs ?? 0) : Math.min(oldest * 1e9, oldestFlowNs ?? Infinity),
      newestSeconds: this.#newestSeconds,
    }
  }

  async retain(nowSeconds: number): Promise<number> {
    const removed = this.#transaction(() => {
      const drops = this.#retention.run(nowSeconds)
      this.#addDropTotals(drops)
      return drops.reduce((sum, { count }) => sum + count, 0)
    })
    // Some pages at a time, outside of the transaction: the file shrinks without a long pause.
    if (removed > 0) this.#db.exec('PRAGMA incremental_vacuum(2048)')
    return removed
  }

  async probe(): Promise<void> {
    try {
      this.#db.exec('BEGIN IMMEDIATE; CREATE TABLE probe (n INTEGER) STRICT; DROP TABLE probe; ROLLBACK;')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw ServerError.from(error, 'store')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#db.isOpen) return
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#db.close()
  }

  /** Returns how many deltas went to a catch-all edge. */
  #writeEdges(host: string, time: number, batch: CheckedBatch): number {
    const ends = batch.endpoints.map((endpoint) => this.#endpointRef(host, endpoint))
    const upserts = TIERS.map((tier) => ({ tier, statement: this.#prepare(upsertSql(tier)) }))
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

  #endpointRef(host: string, { kind }: Endpoint): EndpointRef {
    switch (kind.case) {
      case 'processKey':
        return {
          kind: 'process',
          process: this.#topology.process(this.#topology.processId(host, kind.value))!,
        }
      case 'address':
        return { kind: 'address', address: formatAddress(kind.value) }
      default:
        return { kind: 'other', reason: kind.value ?? 'unknown' }
    }
  }

  #writeTotals(time: number, { edges }: CheckedBatch, drops: readonly Drop[]): void {
    let opened = 0
    let failed = 0
    let reset = 0
    let bytes = 0
    let retransmits = 0
    for (const edge of edges) {
      opened += edge.opened
      failed += edge.failed
      reset += edge.reset
      bytes += edge.bytesToServer + edge.bytesToClient
      retransmits += edge.retransmits
    }
    const dropped = lostCount(drops)
    const isNew = this.#prepare('SELECT 1 FROM totals_1 WHERE t = ?').get(time) === undefined
    for (const tier of TIERS) {
      const at = floorTo(time, tier)
      this.#prepare(
        `INSERT INTO totals_${tier} VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET
           opened = opened + excluded.opened, failed = failed + excluded.failed, reset = reset + excluded.reset,
           bytes = bytes + excluded.bytes, retransmits = retransmits + excluded.retransmits,
           dropped = dropped + excluded.dropped, seconds = MIN(seconds + ?, ${tier})`,
      ).run(at, opened, failed, reset, bytes, retransmits, dropped, isNew ? 1 : 0)
      for (const { stage, reason, count } of drops)
        this.#prepare(
          `INSERT INTO drops_${tier} VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count`,
        ).run(at, stage, reason, count)
    }
    this.#addDropTotals(drops)
  }

  #writeSegment(host: string, batch: CheckedBatch): FlowSegment {
    const { startNs, flowSummary: summary, flows: columns, addresses } = batch
    const ids = batch.processKeys.map((key) => this.#topology.processId(host, key))
    const packed = packAddresses(addresses)
    const bytes = columns.length + packed.length + ids.length * 4
    const id = this.#prepare(
      `INSERT INTO flow_segments (host, start_ns, from_ns, to_ns, count, joined_server_count, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    ).get(
      host,
      startNs,
      startNs + summary.offsetUsMin * 1000,
      startNs + summary.offsetUsMax * 1000,
      summary.count,
      summary.joinedServerCount,
      bytes,
    )!['id'] as number
    this.#prepare('INSERT INTO flow_columns VALUES (?, ?, ?, ?)').run(id, packed, packIds(ids), columns)
    this.#retention.flowBytes += bytes
    this.#retention.flowSegments++
    return {
      id,
      host,
      startNs,
      summary,
      columns,
      addresses,
      processes: ids.map((one) => this.#topology.process(one)),
    }
  }

  #addDropTotals(drops: readonly Drop[]): void {
    for (const { stage, reason, count } of drops)
      this.#prepare(
        'INSERT INTO drop_totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
      ).run(stage, reason, count)
  }

  #agentRow(agent: number): { last_seq: number; host: string } {
    const row = this.#prepare('SELECT last_seq, host FROM agents WHERE id = ?').get(agent)
    if (!row) throw new ServerError('store', `agent ${agent} is not known`)
    return row as unknown as { last_seq: number; host: string }
  }

  #transaction<T>(run: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = run()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#topology.load()
      this.#retention.load()
      throw ServerError.from(error, 'store')
    }
  }

  #prepare(sql: string, asArrays = false): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      statement.setReturnArrays(asArrays)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

function rows(statement: StatementSync, parameters: ReadonlyArray<number | string>): readonly SqlRow[] {
  return statement.all(...parameters) as unknown as SqlRow[]
}

function readAgent(row: Record<string, unknown>): AgentRow {
  return {
    id: row['id'] as number,
    agentId: row['agent_id'] as string,
    host: row['host'] as string,
    bootId: row['boot_id'] as string,
    version: row['version'] as string,
    lastSeq: row['last_seq'] as number,
    lastFrameNs: row['last_frame_ns'] as number,
  }
}

function readHead(row: Record<string, unknown>): FlowSegmentHead {
  const startNs = row['start_ns'] as number
  // Today's nanoseconds as doubles are a quarter of a microsecond apart.
  const offsetUs = (ns: unknown) => Math.round(((ns as number) - startNs) / 1000)
  return {
    id: row['id'] as number,
    host: row['host'] as string,
    startNs,
    summary: {
      count: row['count'] as number,
      joinedServerCount: row['joined_server_count'] as number,
      offsetUsMin: offsetUs(row['from_ns']),
      offsetUsMax: offsetUs(row['to_ns']),
    },
  }
}
