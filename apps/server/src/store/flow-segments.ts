import type { HostNames } from './host-names.ts'
import { packAddresses, packIds, unpackAddresses, unpackIds } from './segment.ts'
import type { Statements } from './statements.ts'
import type { CheckedBatch, FlowSegment, FlowSegmentHead, NsRange } from './store.ts'
import type { Topology } from './topology.ts'

/** Segments removed in one pass at most: a pass stays short, the next one goes on. */
const SEGMENTS_PER_PASS = 256

/**
 * The flows of the SQLite store, one segment a frame. How many there are is held in memory: after a rolled back
 * transaction `load` must be called.
 */
export class FlowSegments {
  readonly #statements: Statements
  readonly #topology: Topology
  readonly #names: HostNames
  #bytes = 0
  #count = 0

  constructor(statements: Statements, topology: Topology, names: HostNames) {
    this.#statements = statements
    this.#topology = topology
    this.#names = names
    this.load()
  }

  /** Counts what is there. */
  load(): void {
    const row = this.#statements
      .prepare('SELECT COUNT(*) AS n, SUM(bytes) AS bytes FROM flow_segments')
      .get()!
    this.#bytes = Number(row['bytes'] ?? 0)
    this.#count = Number(row['n'])
  }

  /** Bytes of the flows kept. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#count
  }

  /** When the oldest flow was, nanoseconds of the Unix epoch. */
  oldestNs(): number | undefined {
    const row = this.#statements.prepare('SELECT from_ns FROM flow_segments ORDER BY id LIMIT 1').get()
    return row?.['from_ns'] as number | undefined
  }

  write(host: string, batch: CheckedBatch): FlowSegment {
    const { startNs, flowSummary: summary, flows: columns, addresses } = batch
    const ids = batch.processKeys.map((key) => this.#topology.processId(host, key))
    const packed = packAddresses(addresses)
    const bytes = columns.length + packed.length + ids.length * 4
    const id = this.#statements
      .prepare(
        `INSERT INTO flow_segments (host, start_ns, from_ns, to_ns, count, joined_server_count, bytes)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      )
      .get(
        host,
        startNs,
        startNs + summary.offsetUsMin * 1000,
        startNs + summary.offsetUsMax * 1000,
        summary.count,
        summary.joinedServerCount,
        bytes,
      )!['id'] as number
    this.#statements
      .prepare('INSERT INTO flow_columns VALUES (?, ?, ?, ?)')
      .run(id, packed, packIds(ids), columns)
    this.#bytes += bytes
    this.#count++
    const processes = this.#processes(ids)
    return { id, host, startNs, summary, columns, addresses, processes, namesOf: this.#namesOf }
  }

  /** Heads of segments that overlap the range, newest first, `limit` at most, of ids up to `idMax`. */
  heads(range: NsRange, page: { idMax: number; limit: number }): readonly FlowSegmentHead[] {
    return this.#statements
      .prepare(
        'SELECT * FROM flow_segments WHERE id <= ? AND to_ns >= ? AND from_ns < ? ORDER BY id DESC LIMIT ?',
      )
      .all(page.idMax, range.startNs, range.endNs, page.limit)
      .map(readHead)
  }

  /** Id of the newest segment; 0 when there is none. */
  last(): number {
    return Number(this.#statements.prepare('SELECT MAX(id) AS id FROM flow_segments').get()!['id'] ?? 0)
  }

  get(id: number): FlowSegment | undefined {
    const row = this.#statements
      .prepare('SELECT * FROM flow_segments JOIN flow_columns USING (id) WHERE id = ?')
      .get(id)
    if (!row) return undefined
    return {
      ...readHead(row),
      columns: row['columns'] as Uint8Array,
      addresses: unpackAddresses(row['addresses'] as Uint8Array),
      processes: this.#processes(unpackIds(row['processes'] as Uint8Array)),
      namesOf: this.#namesOf,
    }
  }

  /** Removes the oldest until `bytes` are left, as far as one pass goes. Returns how many flows went. */
  shrinkTo(bytes: number): number {
    if (this.#bytes <= bytes) return 0
    let flows = 0
    const heads = this.#statements
      .prepare('SELECT id, count, bytes FROM flow_segments ORDER BY id LIMIT ?')
      .all(SEGMENTS_PER_PASS)
    for (const head of heads) {
      if (this.#bytes <= bytes) break
      this.#statements.prepare('DELETE FROM flow_segments WHERE id = ?').run(head['id'] as number)
      this.#statements.prepare('DELETE FROM flow_columns WHERE id = ?').run(head['id'] as number)
      this.#bytes -= head['bytes'] as number
      this.#count--
      flows += head['count'] as number
    }
    return flows
  }

  readonly #namesOf = (address: string) => this.#names.named(address)

  #processes(ids: readonly number[]): FlowSegment['processes'] {
    return ids.map((id) => this.#topology.process(id))
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
