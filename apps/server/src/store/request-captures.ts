import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { RequestCaptureSchema, type RequestCapture } from '@quadrant/proto'
import type { Statements } from './statements.ts'
import type { EndpointRef, NsRange, ProcessRef } from './store.ts'
import type { Topology } from './topology.ts'

/** Rows removed in one pass at most: a pass stays short, the next one goes on. */
const ROWS_PER_PASS = 4096
/** What a row takes beside its body, bytes. */
const ROW_BYTES = 100

export const CAPTURE_TABLES = `
CREATE TABLE request_captures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  host TEXT NOT NULL,
  start_ns REAL NOT NULL,
  client INTEGER NOT NULL, -- process id; 0 where it is none, then what it is stands beside it
  client_other TEXT NOT NULL, -- a limit's reason; empty: the address of the connection
  server INTEGER NOT NULL,
  server_other TEXT NOT NULL,
  process INTEGER NOT NULL, -- the process at the side that saw it; 0 unknown
  body BLOB NOT NULL -- quadrant.v1.RequestCapture
) STRICT;
CREATE INDEX request_captures_time ON request_captures (start_ns);`

export interface StoredCapture {
  /** Ascends with commit. */
  readonly id: number
  readonly host: string
  readonly client: EndpointRef | undefined
  readonly server: EndpointRef | undefined
  /** At the side that saw it. */
  readonly process: ProcessRef | undefined
  /** Its indices mean nothing. */
  readonly request: RequestCapture
}

export interface CapturePage {
  readonly range: NsRange
  /** Ids between these, without them. */
  readonly after: number
  readonly before: number
  readonly limit: number
}

/** How an end is kept: a process by its id, else why it is not told apart, else by the address of the connection. */
interface KeptEnd {
  readonly process: number
  readonly other: string
}

/**
 * Requests in full in the SQLite store. How many there are and how many bytes is held in memory: after a rolled back
 * transaction `load` must be called.
 */
export class RequestCaptures {
  readonly #statements: Statements
  readonly #topology: Topology
  #count = 0
  #bytes = 0

  constructor(statements: Statements, topology: Topology) {
    this.#statements = statements
    this.#topology = topology
    this.load()
  }

  /** Counts what is there. */
  load(): void {
    const row = this.#statements
      .prepare('SELECT COUNT(*) AS n, SUM(LENGTH(body)) AS bytes FROM request_captures')
      .get()!
    this.#count = Number(row['n'])
    this.#bytes = Number(row['bytes'] ?? 0) + this.#count * ROW_BYTES
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the captures kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param ends by the index that the captures have; `processes`: ids, likewise */
  write(
    host: string,
    captures: readonly RequestCapture[],
    { ends, processes }: { readonly ends: readonly EndpointRef[]; readonly processes: readonly number[] },
  ): void {
    const insert = this.#statements.prepare(
      `INSERT INTO request_captures (host, start_ns, client, client_other, server, server_other, process, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const capture of captures.toSorted((a, b) => a.startNs - b.startNs)) {
      const client = keptEnd(ends[capture.client]!)
      const server = keptEnd(ends[capture.server]!)
      const process = capture.process === 0 ? 0 : processes[capture.process - 1]!
      const body = toBinary(RequestCaptureSchema, { ...capture, client: 0, server: 0, process: 0 })
      insert.run(
        host,
        capture.startNs,
        client.process,
        client.other,
        server.process,
        server.other,
        process,
        body,
      )
      this.#count++
      this.#bytes += body.length + ROW_BYTES
    }
  }

  /** Those that began in a range, newest first. */
  page({ range, after, before, limit }: CapturePage): readonly StoredCapture[] {
    return this.#statements
      .prepare(
        `SELECT * FROM request_captures WHERE id > ? AND id < ? AND +start_ns >= ? AND +start_ns < ?
         ORDER BY id DESC LIMIT ?`,
      )
      .all(after, before, range.startNs, range.endNs, limit)
      .map((row) => ({
        id: row['id'] as number,
        host: row['host'] as string,
        client: this.#end(row['client'] as number, row['client_other'] as string),
        server: this.#end(row['server'] as number, row['server_other'] as string),
        process: this.#topology.process(row['process'] as number),
        request: fromBinary(RequestCaptureSchema, row['body'] as Uint8Array),
      }))
  }

  /** Removes those that began before `cutNs`, as far as one pass goes. Returns how many went. */
  removeBefore(cutNs: number): number {
    return this.#remove('WHERE start_ns < ? ORDER BY start_ns', [cutNs], () => false)
  }

  /** Removes the oldest until no more than that are left, as far as one pass goes. Returns how many went. */
  shrinkTo({ count = Infinity, bytes = Infinity }: { count?: number; bytes?: number }): number {
    const isEnough = () => this.#count <= count && this.#bytes <= bytes
    return isEnough() ? 0 : this.#remove('ORDER BY id', [], isEnough)
  }

  #remove(which: string, parameters: readonly number[], isEnough: () => boolean): number {
    let removed = 0
    const rows = this.#statements
      .prepare(`SELECT id, LENGTH(body) AS bytes FROM request_captures ${which} LIMIT ${ROWS_PER_PASS}`)
      .all(...parameters)
    for (const row of rows) {
      if (isEnough()) break
      this.#statements.prepare('DELETE FROM request_captures WHERE id = ?').run(row['id'] as number)
      this.#count--
      this.#bytes -= (row['bytes'] as number) + ROW_BYTES
      removed++
    }
    return removed
  }

  #end(process: number, other: string): EndpointRef | undefined {
    if (other !== '') return { kind: 'other', reason: other }
    const known = this.#topology.process(process)
    return known && { kind: 'process', process: known }
  }
}

function keptEnd(end: EndpointRef): KeptEnd {
  return {
    process: end.kind === 'process' ? end.process.id : 0,
    other: end.kind === 'other' ? end.reason : '',
  }
}
