import { fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  OrderStatusSchema,
  ReleaseStatusSchema,
  SignedOrderSchema,
  SignedReleaseSchema,
  type OrderStatus,
  type ReleaseStatus,
} from '@quadrant/proto'
import { ServerError } from '../error.ts'
import type { FactTable } from '../graph/fact-table.ts'
import { GATEWAY_PREDICATES, releaseFacts, signerFacts, stateFacts } from '../graph/filter-facts.ts'
import type { FilterGatewayRow, FilterOrderRow, FilterReleaseRow, FilterStateRow } from './filter-store.ts'
import type { Statements } from './statements.ts'

/** Of each filter; what is older goes, but for what is offered. */
const RELEASES_MAX = 100
const FILTERS_MAX = 1000
const GATEWAYS_MAX = 4096

/** Releases of filters, orders, and what gateways tell: schema 5 has them. */
export const FILTER_TABLES = `
CREATE TABLE filter_releases (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest TEXT NOT NULL UNIQUE, -- of its signed bytes
  module TEXT NOT NULL,
  module_bytes REAL NOT NULL,
  signed BLOB NOT NULL, -- quadrant.v1.SignedRelease
  pushed_ns REAL NOT NULL,
  offered_ns REAL NOT NULL, -- 0: never
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE filter_orders (
  name TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  signed BLOB NOT NULL, -- quadrant.v1.SignedOrder
  given_ns REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE filter_gateways (
  node_id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  version TEXT NOT NULL,
  filters TEXT NOT NULL, -- JSON
  seen_ns REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE filter_states (
  node_id TEXT NOT NULL,
  name TEXT NOT NULL,
  status BLOB, -- quadrant.v1.ReleaseStatus
  order_status BLOB, -- quadrant.v1.OrderStatus
  PRIMARY KEY (node_id, name)
) STRICT, WITHOUT ROWID;`

/** Versions have 64 bits, and numbers of SQLite come as numbers of JavaScript. */
const RELEASE_COLUMNS =
  'name, CAST(version AS TEXT) AS version, digest, module, module_bytes, signed, pushed_ns, offered_ns'

type Row = Readonly<Record<string, unknown>>

/** Filters in the SQLite store. Methods that write run inside a transaction. */
export class FilterTables {
  readonly #statements: Statements
  readonly #facts: FactTable

  constructor(statements: Statements, facts: FactTable) {
    this.#statements = statements
    this.#facts = facts
  }

  releases(name: string): readonly FilterReleaseRow[] {
    return this.#releases('WHERE name = ? ORDER BY filter_releases.version DESC', name)
  }

  release(name: string, version: bigint): FilterReleaseRow | undefined {
    return this.#releases('WHERE name = ? AND version = ?', name, version)[0]
  }

  releaseOf(digest: string): FilterReleaseRow | undefined {
    return this.#releases('WHERE digest = ?', digest)[0]
  }

  names(): readonly string[] {
    return this.#statements
      .prepare('SELECT DISTINCT name FROM filter_releases ORDER BY name')
      .all()
      .map((row) => row['name'] as string)
  }

  offered(): readonly FilterReleaseRow[] {
    return this.#releases(
      `WHERE offered_ns > 0 AND filter_releases.version = (
         SELECT MAX(version) FROM filter_releases AS other WHERE other.name = filter_releases.name AND offered_ns > 0)
       ORDER BY name`,
    )
  }

  addRelease(row: FilterReleaseRow): void {
    const { name, version, digest, module, moduleBytes, signed, pushedNs, offeredNs } = row
    const newest = this.releases(name)[0]
    if (newest && newest.version >= version)
      throw new ServerError(
        'argument',
        `version ${newest.version} of ${name} was pushed before, and this is ${version}`,
        { fix: `sign it with a version above ${newest.version}` },
      )
    if (!newest && this.names().length >= FILTERS_MAX)
      throw new ServerError('busy', `there are ${FILTERS_MAX} filters already`)
    this.#statements
      .prepare('INSERT INTO filter_releases VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        name,
        version,
        digest,
        module,
        moduleBytes,
        toBinary(SignedReleaseSchema, signed),
        pushedNs,
        offeredNs,
      )
    for (const fact of releaseFacts(row)) this.#facts.add(fact, pushedNs)
  }

  offerRelease(name: string, version: bigint, offeredNs: number): FilterReleaseRow {
    const row = this.release(name, version)
    if (!row) throw new ServerError('not-found', `there is no version ${version} of ${name}`)
    const offered = this.offered().find((other) => other.name === name)
    if (offered && offered.version > version)
      throw new ServerError(
        'argument',
        `version ${offered.version} of ${name} is offered, and gateways take no older one`,
        { fix: `sign its module again with a new version: quadrant filter rollback ${name} --to ${version}` },
      )
    if (row.offeredNs > 0) return row
    this.#statements
      .prepare('UPDATE filter_releases SET offered_ns = ? WHERE name = ? AND version = ?')
      .run(offeredNs, name, version)
    return { ...row, offeredNs }
  }

  orders(): readonly FilterOrderRow[] {
    return this.#statements
      .prepare(
        'SELECT name, CAST(sequence AS TEXT) AS sequence, signed, given_ns FROM filter_orders ORDER BY name',
      )
      .all()
      .map((row) => ({
        name: row['name'] as string,
        sequence: BigInt(row['sequence'] as string),
        signed: fromBinary(SignedOrderSchema, row['signed'] as Uint8Array),
        givenNs: row['given_ns'] as number,
      }))
  }

  keepOrder({ name, sequence, signed, givenNs }: FilterOrderRow): void {
    const last = this.orders().find((row) => row.name === name)?.sequence ?? 0n
    if (sequence <= last)
      throw new ServerError(
        'argument',
        `order ${last} about ${name} was given before, and this is ${sequence}`,
      )
    this.#statements
      .prepare('INSERT OR REPLACE INTO filter_orders VALUES (?, ?, ?, ?)')
      .run(name, sequence, toBinary(SignedOrderSchema, signed), givenNs)
  }

  gateways(): readonly FilterGatewayRow[] {
    return this.#statements
      .prepare('SELECT * FROM filter_gateways ORDER BY node_id')
      .all()
      .map((row) => ({
        nodeId: row['node_id'] as string,
        host: row['host'] as string,
        version: row['version'] as string,
        filters: JSON.parse(row['filters'] as string) as readonly string[],
        seenNs: row['seen_ns'] as number,
      }))
  }

  meetGateway({ nodeId, host, version, filters, seenNs }: FilterGatewayRow): void {
    const known = this.gateways()
    if (known.length >= GATEWAYS_MAX && !known.some((row) => row.nodeId === nodeId))
      throw new ServerError('busy', `${GATEWAYS_MAX} gateways are known already`)
    this.#statements
      .prepare('INSERT OR REPLACE INTO filter_gateways VALUES (?, ?, ?, ?, ?)')
      .run(nodeId, host, version, JSON.stringify(filters), seenNs)
    // What it has no place for any more does not serve there.
    this.#statements
      .prepare('DELETE FROM filter_states WHERE node_id = ? AND name NOT IN (SELECT value FROM json_each(?))')
      .run(nodeId, JSON.stringify(filters))
    this.#keepFacts(nodeId, seenNs)
  }

  states(): readonly FilterStateRow[] {
    return this.#statements.prepare('SELECT * FROM filter_states ORDER BY name, node_id').all().map(readState)
  }

  state(nodeId: string, name: string): FilterStateRow | undefined {
    const row = this.#statements
      .prepare('SELECT * FROM filter_states WHERE node_id = ? AND name = ?')
      .get(nodeId, name)
    return row && readState(row)
  }

  keepStatus(nodeId: string, name: string, status: ReleaseStatus): void {
    this.#statements
      .prepare(
        `INSERT INTO filter_states (node_id, name, status) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET status = excluded.status`,
      )
      .run(nodeId, name, toBinary(ReleaseStatusSchema, status))
    for (const fact of signerFacts(nodeId, status)) this.#facts.add(fact, status.timeNs)
    this.#keepFacts(nodeId, status.timeNs)
  }

  keepOrderStatus(nodeId: string, name: string, order: OrderStatus): void {
    this.#statements
      .prepare(
        `INSERT INTO filter_states (node_id, name, order_status) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET order_status = excluded.order_status`,
      )
      .run(nodeId, name, toBinary(OrderStatusSchema, order))
    this.#keepFacts(nodeId, order.timeNs)
  }

  retain(cutNs: number, connected: ReadonlySet<string>): readonly string[] {
    for (const { nodeId, seenNs } of this.gateways()) {
      if (seenNs >= cutNs || connected.has(nodeId)) continue
      this.#statements.prepare('DELETE FROM filter_gateways WHERE node_id = ?').run(nodeId)
      this.#statements.prepare('DELETE FROM filter_states WHERE node_id = ?').run(nodeId)
      this.#keepFacts(nodeId, seenNs)
    }
    const offered = new Set(this.offered().map(({ digest }) => digest))
    for (const name of this.names())
      for (const row of this.releases(name).slice(RELEASES_MAX))
        if (!offered.has(row.digest))
          this.#statements.prepare('DELETE FROM filter_releases WHERE digest = ?').run(row.digest)
    // What is offered is needed, and of each filter the newest, which may be offered next.
    const needed = new Set(this.offered().map(({ module }) => module))
    for (const name of this.names()) needed.add(this.releases(name)[0]!.module)
    return this.#statements
      .prepare('SELECT module FROM filter_releases GROUP BY module ORDER BY MAX(pushed_ns)')
      .all()
      .map((row) => row['module'] as string)
      .filter((module) => !needed.has(module))
  }

  /** What holds at a gateway by what it told, and that all else does not, from a moment on. */
  #keepFacts(nodeId: string, nowNs: number): void {
    const facts = this.#statements
      .prepare('SELECT * FROM filter_states WHERE node_id = ?')
      .all(nodeId)
      .map(readState)
      .flatMap(({ name, status, order }) => stateFacts(nodeId, name, status, order))
    for (const predicate of GATEWAY_PREDICATES) {
      const holding = facts.filter((fact) => fact.predicate === predicate).map(({ subject }) => subject)
      this.#facts.endOf(predicate, `gateway:${nodeId}`, new Set(holding), nowNs)
    }
    for (const fact of facts) this.#facts.add(fact, nowNs)
  }

  #releases(where: string, ...parameters: (string | bigint)[]): readonly FilterReleaseRow[] {
    return this.#statements
      .prepare(`SELECT ${RELEASE_COLUMNS} FROM filter_releases ${where}`)
      .all(...parameters)
      .map(readRow)
  }
}

function readRow(row: Row): FilterReleaseRow {
  return {
    name: row['name'] as string,
    version: BigInt(row['version'] as string),
    digest: row['digest'] as string,
    module: row['module'] as string,
    moduleBytes: row['module_bytes'] as number,
    signed: fromBinary(SignedReleaseSchema, row['signed'] as Uint8Array),
    pushedNs: row['pushed_ns'] as number,
    offeredNs: row['offered_ns'] as number,
  }
}

function readState(row: Row): FilterStateRow {
  const [status, order] = [row['status'] as Uint8Array | null, row['order_status'] as Uint8Array | null]
  return {
    nodeId: row['node_id'] as string,
    name: row['name'] as string,
    status: status ? fromBinary(ReleaseStatusSchema, status) : undefined,
    order: order ? fromBinary(OrderStatusSchema, order) : undefined,
  }
}
