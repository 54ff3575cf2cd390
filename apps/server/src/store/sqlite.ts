import type { DatabaseSync } from 'node:sqlite'
import { lostCount, type Drop, type Instruction, type Process } from '@quadrant/proto'
import { ServerError } from '../error.ts'
import { AgentTable } from './agent-table.ts'
import { openDatabase } from './database.ts'
import { defineDurationFunctions } from './duration-blob.ts'
import { EdgeRollups } from './edge-rollups.ts'
import type { FilterStore } from './filter-store.ts'
import { FilterTables } from './filter-tables.ts'
import { FlowSegments } from './flow-segments.ts'
import { Processes } from './processes.ts'
import type { RequestStore } from './request-store.ts'
import { RequestTables } from './request-tables.ts'
import { HostNames } from './host-names.ts'
import { Retention } from './retention.ts'
import { RETENTION_SECONDS_MAX } from './rollup.ts'
import { RuntimeRetention } from './runtime-retention.ts'
import type { RuntimeStore } from './runtime-store.ts'
import { RuntimeTables } from './runtime-tables.ts'
import { Settings } from './settings.ts'
import type { Span } from './span.ts'
import { StageCounts } from './stage-counts.ts'
import { Statements } from './statements.ts'
import type {
  AgentIdentity,
  AgentRow,
  CheckedBatch,
  Commit,
  EdgeSum,
  FlowSegment,
  FlowSegmentHead,
  NamesByAddress,
  NsRange,
  ProcessLife,
  ProcessQuery,
  SeriesPoint,
  Stage,
  Store,
  StoreLimits,
  StoreSize,
  TimelineTotals,
} from './store.ts'
import { Timeline } from './timeline.ts'
import { Topology } from './topology.ts'

/** Result code of sqlite3.h: somebody else holds the lock. */
const SQLITE_BUSY = 5

/** Opens or makes the store at `path`. @throws {ServerError} `store` where it can't be read or is newer. */
export function openSqliteStore(path: string, limits: StoreLimits): Store {
  try {
    const db = openDatabase(path)
    try {
      return new SqliteStore(db, limits)
    } catch (error) {
      db.close()
      throw error
    }
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
 * The embedded store: which of its tables a frame or a question goes to, and what is one transaction. WAL with
 * synchronous=NORMAL: a commit survives the death of the process at once, and a power cut may take back the newest
 * commits, but never a part of one. Exactly-once holds in both: the acknowledgement follows the commit, and the
 * sequence number is in the same transaction as the counters. After a power cut the agents' host has started anew
 * too, and what was lost shows as a gap of sequence numbers.
 */
class SqliteStore implements Store {
  readonly #db: DatabaseSync
  readonly #limits: StoreLimits
  readonly #statements: Statements
  readonly #agents: AgentTable
  readonly #topology: Topology
  readonly #processes: Processes
  readonly #settings: Settings
  readonly #rollups: EdgeRollups
  readonly #timeline: Timeline
  readonly #filterStore: FilterStore
  readonly #stages: StageCounts
  readonly #flows: FlowSegments
  readonly #runtime: RuntimeTables
  readonly #requests: RequestTables
  readonly #names: HostNames
  readonly #retention: Retention

  constructor(db: DatabaseSync, limits: StoreLimits) {
    this.#db = db
    this.#limits = limits
    defineDurationFunctions(db)
    this.#statements = new Statements(db)
    this.#topology = new Topology(db, limits.edges)
    this.#processes = new Processes(this.#statements, this.#topology)
    this.#settings = new Settings(this.#statements)
    this.#runtime = new RuntimeTables(this.#statements, this.#topology)
    this.#agents = new AgentTable(this.#statements, limits.agents, (host, key, endNs) =>
      this.#runtime.processEnded(host, key, endNs),
    )
    this.#rollups = new EdgeRollups(this.#statements, this.#topology)
    this.#timeline = new Timeline(this.#statements)
    this.#filterStore = filterStore(new FilterTables(this.#statements, this.#runtime.tables.facts), (run) =>
      this.#transaction(run),
    )
    this.#stages = new StageCounts(this.#statements)
    this.#requests = new RequestTables(this.#statements, this.#topology, limits)
    this.#names = new HostNames(this.#statements)
    this.#flows = new FlowSegments(this.#statements, this.#topology, this.#names)
    this.#retention = new Retention(db, limits, {
      topology: this.#topology,
      flows: this.#flows,
      runtime: new RuntimeRetention(limits, this.#runtime),
      requests: this.#requests,
      names: this.#names,
    })
  }

  get runtime(): RuntimeStore {
    return this.#runtime
  }

  get requests(): RequestStore {
    return this.#requests
  }

  get filters(): FilterStore {
    return this.#filterStore
  }

  async agent(identity: AgentIdentity): Promise<AgentRow> {
    // Before the transaction: one that is rolled back is dear, and anybody may ask.
    this.#agents.admit(identity.agentId)
    return this.#transaction(() => this.#agents.meet(identity))
  }

  async agents(): Promise<readonly AgentRow[]> {
    return this.#agents.all()
  }

  async forgetAgents(nowSeconds: number, connected: ReadonlySet<number>): Promise<void> {
    const cutNs = (nowSeconds - RETENTION_SECONDS_MAX) * 1e9
    this.#transaction(() => {
      const count = this.#agents.forget(cutNs, connected)
      if (count > 0) this.#stages.addDrops([{ stage: 'server.retention', reason: 'agent-age', count }])
    })
  }

  async commit(agent: number, seq: number, batch: CheckedBatch): Promise<Commit> {
    return this.#transaction(() => {
      const { lastSeq, host } = this.#agents.get(agent)
      if (seq <= lastSeq)
        return { applied: false, segment: undefined, drops: [], runtimeEvents: [], endNs: 0 }
      // The middle of the window: the agent's tick is never quite on the second.
      const time = Math.floor((batch.startNs + batch.endNs) / 2e9)
      for (const process of batch.processes) this.#topology.putProcess(host, process)
      const drops: Drop[] = batch.drops.map(({ stage, reason, count }) => ({ stage, reason, count }))
      const ends = this.#topology.ends(host, batch.endpoints)
      const limited = this.#rollups.write(time, batch, ends)
      if (limited > 0) drops.push({ stage: 'server.edges', reason: 'edge-limit', count: limited })
      if (batch.requests) {
        const processes = batch.processKeys.map((key) => this.#topology.processId(host, key))
        drops.push(...this.#requests.write(host, time, batch.requests, { ends, processes }))
      }
      if (lastSeq > 0 && seq > lastSeq + 1)
        drops.push({ stage: 'server.ingest', reason: 'sequence-gap', count: seq - lastSeq - 1 })
      this.#stages.addDropsAt(time, drops)
      this.#stages.addStages(batch.stages)
      this.#names.write(host, batch.hostNames)
      const segment = batch.flowSummary.count > 0 ? this.#flows.write(host, batch) : undefined
      const runtimeEvents = batch.runtime ? this.#runtime.write(host, batch.runtime, batch.endNs) : []
      for (const { key, endNs } of batch.processes)
        if (endNs > 0) this.#runtime.processEnded(host, key, endNs)
      this.#agents.committed(agent, seq, batch.endNs)
      this.#timeline.write(time, batch.edges, lostCount(drops))
      return { applied: true, segment, drops, runtimeEvents, endNs: (time + 1) * 1e9 }
    })
  }

  async skip(agent: number, seq: number, drop: Drop): Promise<void> {
    this.#transaction(() => {
      if (seq <= this.#agents.get(agent).lastSeq) return
      this.#stages.addDrops([drop])
      this.#agents.skipped(agent, seq)
    })
  }

  async countDrops(drops: readonly Drop[]): Promise<void> {
    this.#transaction(() => this.#stages.addDrops(drops))
  }

  async edgeSums(spans: readonly Span[]): Promise<readonly EdgeSum[]> {
    return this.#rollups.sums(spans)
  }

  async edgeSeries(edges: readonly number[], span: Span): Promise<readonly SeriesPoint[]> {
    return this.#rollups.series(edges, span)
  }

  async timeline(span: Span): Promise<readonly TimelineTotals[]> {
    return this.#timeline.read(span)
  }

  async drops(spans: readonly Span[]): Promise<readonly Drop[]> {
    return this.#stages.drops(spans)
  }

  async dropTotals(): Promise<readonly Drop[]> {
    return this.#stages.dropTotals()
  }

  async stageTotals(): Promise<readonly Stage[]> {
    return this.#stages.stageTotals()
  }

  async processesByKey(host: string, keys: readonly string[]): Promise<readonly Process[]> {
    return this.#processes.byKey(host, keys)
  }

  async processes(ids: readonly number[]): Promise<readonly Process[]> {
    return this.#processes.byId(ids)
  }

  async findProcesses(query: ProcessQuery): Promise<readonly ProcessLife[]> {
    return this.#processes.find(query)
  }

  async namesOf(addresses: Iterable<string>): Promise<NamesByAddress> {
    return this.#names.of(addresses)
  }

  async serviceNames(): Promise<readonly string[]> {
    return this.#processes.serviceNames()
  }

  async flowSegments(
    range: NsRange,
    page: { idMax: number; limit: number },
  ): Promise<readonly FlowSegmentHead[]> {
    return this.#flows.heads(range, page)
  }

  async lastFlowSegment(): Promise<number> {
    return this.#flows.last()
  }

  async flowSegment(id: number): Promise<FlowSegment | undefined> {
    return this.#flows.get(id)
  }

  async instruction(): Promise<Instruction | undefined> {
    return this.#settings.instruction()
  }

  async keepInstruction(instruction: Instruction): Promise<void> {
    this.#settings.keepInstruction(instruction)
  }

  async size(): Promise<StoreSize> {
    const oldest = this.#timeline.oldestSeconds()
    const oldestFlowNs = this.#flows.oldestNs()
    return {
      sizeBytes: this.#retention.sizeBytes(),
      limitBytes: this.#limits.storeBytes,
      edges: this.#topology.edgeCount,
      edgesLimit: this.#limits.edges,
      processes: this.#topology.processCount,
      flowSegments: this.#flows.count,
      flowBytes: this.#flows.bytes,
      flowLimitBytes: this.#limits.flowBytes,
      profileBytes: this.#runtime.profileBytes,
      profileLimitBytes: this.#limits.profileBytes,
      ...this.#requests.size(),
      oldestNs: oldest === undefined ? (oldestFlowNs ?? 0) : Math.min(oldest * 1e9, oldestFlowNs ?? Infinity),
      newestSeconds: this.#timeline.newestSeconds,
    }
  }

  async retain(nowSeconds: number): Promise<number> {
    const removed = this.#transaction(() => {
      const drops = this.#retention.run(nowSeconds)
      this.#stages.addDrops(drops)
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

  #transaction<T>(run: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = run()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#topology.load()
      this.#flows.load()
      this.#runtime.load()
      this.#requests.load()
      this.#names.load()
      throw ServerError.from(error, 'store')
    }
  }
}

/** Questions as they are, and each change in a transaction. */
function filterStore(tables: FilterTables, transaction: <T>(run: () => T) => T): FilterStore {
  return {
    releases: async (name) => tables.releases(name),
    release: async (name, version) => tables.release(name, version),
    releaseOf: async (digest) => tables.releaseOf(digest),
    names: async () => tables.names(),
    offered: async () => tables.offered(),
    orders: async () => tables.orders(),
    gateways: async () => tables.gateways(),
    states: async () => tables.states(),
    state: async (...args) => tables.state(...args),
    addRelease: async (row) => transaction(() => tables.addRelease(row)),
    offerRelease: async (...args) => transaction(() => tables.offerRelease(...args)),
    keepOrder: async (row) => transaction(() => tables.keepOrder(row)),
    meetGateway: async (row) => transaction(() => tables.meetGateway(row)),
    keepStatus: async (...args) => transaction(() => tables.keepStatus(...args)),
    keepOrderStatus: async (...args) => transaction(() => tables.keepOrderStatus(...args)),
    retain: async (...args) => transaction(() => tables.retain(...args)),
  }
}
