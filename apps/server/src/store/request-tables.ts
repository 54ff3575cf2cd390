import type { Drop, RequestBatch } from '@quadrant/proto'
import { Protocol } from '@quadrant/proto'
import { OPAQUE_TABLES, OpaqueRollups } from './opaque-rollups.ts'
import { CAPTURE_TABLES, RequestCaptures } from './request-captures.ts'
import { REQUEST_KEY_TABLES, RequestKeys, keyOf, otherOf } from './request-keys.ts'
import { RequestRollups, requestRollupTables } from './request-rollups.ts'
import type { RequestStore } from './request-store.ts'
import { RequestSum, totalsOf } from './request-totals.ts'
import { TIERS, type Tier } from './rollup.ts'
import type { Statements } from './statements.ts'
import type { EdgeRef, EndpointRef, StoreLimits, StoreSize } from './store.ts'
import type { Topology } from './topology.ts'

/** Tables of requests: schema 4 has them, schema 3 does not. */
export const REQUEST_TABLES = [
  REQUEST_KEY_TABLES,
  requestRollupTables('request_edges'),
  requestRollupTables('request_series'),
  OPAQUE_TABLES,
  CAPTURE_TABLES,
].join('\n')

/** Series are folded when this share of the limit is reached, down to the lower one. */
const FOLD_FROM = 0.9
const FOLD_TO = 0.7
/** A series that was seen in this time is not folded. */
const FOLD_IDLE_SECONDS = 60

/** What the SQLite store keeps of requests. Methods that write run inside the store's transactions. */
export class RequestTables implements RequestStore {
  readonly #statements: Statements
  readonly #topology: Topology
  readonly #limits: StoreLimits
  readonly #keys: RequestKeys
  readonly #series: RequestRollups
  readonly #edges: RequestRollups
  readonly #opaque: OpaqueRollups
  readonly #captures: RequestCaptures

  constructor(statements: Statements, topology: Topology, limits: StoreLimits) {
    this.#statements = statements
    this.#topology = topology
    this.#limits = limits
    this.#keys = new RequestKeys(statements, limits.requestSeries)
    this.#series = new RequestRollups(statements, 'request_series')
    this.#edges = new RequestRollups(statements, 'request_edges')
    this.#opaque = new OpaqueRollups(statements, limits.requestSeries)
    this.#captures = new RequestCaptures(statements, topology)
    this.#keys.load(this.#series.lastSeen())
  }

  /** To be called after a transaction was rolled back. */
  load(): void {
    this.#keys.load(this.#series.lastSeen())
    this.#opaque.load()
    this.#captures.load()
  }

  /**
   * Adds what a batch tells of requests. Returns what is not told apart.
   *
   * @param time seconds
   * @param ends by the index that requests have
   * @param processes ids, likewise
   */
  write(
    host: string,
    time: number,
    batch: RequestBatch,
    context: { readonly ends: readonly EndpointRef[]; readonly processes: readonly number[] },
  ): Drop[] {
    let limitedSeries = 0
    let limitedNames = 0
    const edgeOf = ({
      client,
      server,
      serverPort,
    }: RequestBatch['series'][number] | RequestBatch['opaque'][number]) =>
      this.#topology.edgeId(
        { client: context.ends[client]!, server: context.ends[server]!, protocol: Protocol.TCP, serverPort },
        time,
      ).id
    const whole = new Map<number, RequestSum>()
    for (const series of batch.series) {
      const edge = edgeOf(series)
      const totals = totalsOf(series)
      const { id, limited } = this.#keys.id(keyOf(edge, series), time)
      if (limited) limitedSeries++
      this.#series.add(time, id, totals)
      let sum = whole.get(edge)
      if (!sum) whole.set(edge, (sum = new RequestSum()))
      sum.add(totals)
    }
    for (const [edge, sum] of whole) this.#edges.add(time, edge, sum.total())
    for (const series of batch.opaque) if (this.#opaque.add(time, edgeOf(series), series)) limitedNames++
    this.#captures.write(host, batch.captures, context)
    return [
      { stage: 'server.requests', reason: 'series-limit', count: limitedSeries },
      { stage: 'server.requests', reason: 'opaque-limit', count: limitedNames },
    ].filter(({ count }) => count > 0)
  }

  edgeSums: RequestStore['edgeSums'] = async (spans) => this.#edges.sums(spans)

  keys: RequestStore['keys'] = async () => [...this.#keys.all()]

  edges: RequestStore['edges'] = async (ids) => {
    const edges = new Map<number, EdgeRef>()
    for (const id of ids) {
      const edge = this.#topology.edge(id)
      if (edge) edges.set(id, edge)
    }
    return edges
  }

  sums: RequestStore['sums'] = async (spans, series) => this.#series.sums(spans, series)

  points: RequestStore['points'] = async (series, span, step) => this.#series.points(series, span, step)

  opaque: RequestStore['opaque'] = async (spans) => this.#opaque.sums(spans)

  captures: RequestStore['captures'] = async (page) => this.#captures.page(page)

  /** How much there is, and how much may be. */
  size(): Pick<
    StoreSize,
    'requestSeries' | 'requestSeriesLimit' | 'captures' | 'capturesLimit' | 'captureBytes'
  > {
    return {
      requestSeries: this.#keys.count,
      requestSeriesLimit: this.#keys.limit,
      captures: this.#captures.count,
      capturesLimit: this.#limits.captures,
      captureBytes: this.#captures.bytes,
    }
  }

  /** Removes points of a tier that began before a time, seconds. Returns how many rows went. */
  removePointsBefore(tier: Tier, cut: number): number {
    const rows =
      this.#series.removeBefore(tier, cut) +
      this.#edges.removeBefore(tier, cut) +
      this.#opaque.removeBefore(tier, cut)
    if (rows > 0 && tier === TIERS.at(-1)) {
      const seen = this.#series.lastSeen()
      for (const { id } of this.#keys.all()) if (!seen.has(id)) this.#keys.remove(id)
    }
    return rows
  }

  removeCapturesBefore(cutNs: number): number {
    return this.#captures.removeBefore(cutNs)
  }

  /** Removes captures until there are no more than that. Returns how many went. */
  shrinkCaptures(to: { count?: number; bytes?: number }): number {
    return this.#captures.shrinkTo(to)
  }

  /** Near the limit: series that were idle the longest become `~other` of their edge. Returns how many did. */
  foldIdle(nowSeconds: number): number {
    const { limit, count } = this.#keys
    if (count < limit * FOLD_FROM) return 0
    const idle = [...this.#keys.all()]
      .filter(({ seen, route }) => seen < nowSeconds - FOLD_IDLE_SECONDS && route !== '~other')
      .sort((a, b) => a.seen - b.seen)
      .slice(0, Math.ceil(count - limit * FOLD_TO))
    return this.#fold(idle.map((entry) => ({ entry, into: otherOf(entry) })))
  }

  /** Gives what edges had to those that they are folded into: rows of a temporary table `fold(old, new)`. */
  foldEdges(into: ReadonlyMap<number, number>): void {
    this.#edges.fold('fold')
    this.#opaque.foldEdges('fold')
    const moved = [...this.#keys.all()].filter(({ edge }) => into.has(edge))
    this.#fold(moved.map((entry) => ({ entry, into: { ...entry, edge: into.get(entry.edge)! } })))
  }

  #fold(
    moves: readonly {
      readonly entry: { readonly id: number; readonly seen: number }
      readonly into: Parameters<RequestKeys['id']>[0]
    }[],
  ): number {
    if (moves.length === 0) return 0
    this.#statements
      .prepare('CREATE TEMP TABLE IF NOT EXISTS request_fold (old INTEGER PRIMARY KEY, new INTEGER) STRICT')
      .run()
    this.#statements.prepare('DELETE FROM request_fold').run()
    const insert = this.#statements.prepare('INSERT INTO request_fold VALUES (?, ?)')
    for (const { entry, into } of moves)
      insert.run(entry.id, this.#keys.id(into, entry.seen, { folding: true }).id)
    this.#series.fold('request_fold')
    for (const { entry } of moves) this.#keys.remove(entry.id)
    return moves.length
  }
}
