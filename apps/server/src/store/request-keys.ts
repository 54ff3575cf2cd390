import type {
  RequestOutcome,
  RequestProtocol,
  RequestSeries,
  RequestSide,
  RequestSource,
} from '@quadrant/proto'
import type { Statements } from './statements.ts'

export const REQUEST_KEY_TABLES = `
CREATE TABLE request_keys (
  id INTEGER PRIMARY KEY,
  edge INTEGER NOT NULL,
  protocol INTEGER NOT NULL,
  side INTEGER NOT NULL,
  source INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  method TEXT NOT NULL,
  route TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  grpc_status INTEGER NOT NULL, -- -1 where there is none
  UNIQUE (edge, protocol, side, source, outcome, method, route, http_status, grpc_status)
) STRICT;`

/** What is alike in the requests of one series. */
export interface RequestKey {
  /** Id of the edge. */
  readonly edge: number
  readonly protocol: RequestProtocol
  readonly side: RequestSide
  readonly source: RequestSource
  readonly outcome: RequestOutcome
  readonly method: string
  readonly route: string
  readonly httpStatus: number
  readonly grpcStatus: number | undefined
}

export interface RequestKeyEntry extends RequestKey {
  readonly id: number
  /** Newest window with it, seconds. */
  seen: number
}

/** Stands for methods and routes that are not told apart. */
const OTHER = '~other'
/** Of gRPC's own codes the last, and the one for all that are none. */
const GRPC_STATUS_MAX = 16
const GRPC_UNKNOWN = 2

/**
 * Keys of series of the SQLite store by id, held in memory and written through. After a rolled back transaction `load`
 * must be called.
 */
export class RequestKeys {
  readonly #statements: Statements
  readonly #limit: number
  readonly #entries = new Map<number, RequestKeyEntry>()
  readonly #ids = new Map<string, number>()

  constructor(statements: Statements, limit: number) {
    this.#statements = statements
    this.#limit = limit
  }

  /** Reads everything again from the store. @param seen when each was there last, seconds */
  load(seen: ReadonlyMap<number, number>): void {
    this.#entries.clear()
    this.#ids.clear()
    for (const row of this.#statements.prepare('SELECT * FROM request_keys').iterate()) {
      const id = row['id'] as number
      const grpcStatus = row['grpc_status'] as number
      this.#remember({
        id,
        seen: seen.get(id) ?? 0,
        edge: row['edge'] as number,
        protocol: row['protocol'] as RequestProtocol,
        side: row['side'] as RequestSide,
        source: row['source'] as RequestSource,
        outcome: row['outcome'] as RequestOutcome,
        method: row['method'] as string,
        route: row['route'] as string,
        httpStatus: row['http_status'] as number,
        grpcStatus: grpcStatus === -1 ? undefined : grpcStatus,
      })
    }
  }

  get count(): number {
    return this.#entries.size
  }

  get limit(): number {
    return this.#limit
  }

  get(id: number): RequestKeyEntry | undefined {
    return this.#entries.get(id)
  }

  all(): MapIterator<RequestKeyEntry> {
    return this.#entries.values()
  }

  /**
   * Id of a key. Over the limit methods and routes of an edge are not told apart any more: then `limited` is true.
   * Keys made while folding are let through, as they make room.
   */
  id(
    key: RequestKey,
    seen: number,
    options: { folding?: boolean } = {},
  ): { readonly id: number; readonly limited: boolean } {
    const text = keyText(key)
    const known = this.#ids.get(text)
    if (known !== undefined) {
      const entry = this.#entries.get(known)!
      if (seen > entry.seen) entry.seen = seen
      return { id: known, limited: false }
    }
    if (!options.folding && this.#entries.size >= this.#limit) {
      const other = otherOf(key)
      // What stands for the others has a place: there are few of them for each edge, and edges have their own limit.
      if (keyText(other) !== text) return { id: this.id(other, seen).id, limited: true }
    }
    const { edge, protocol, side, source, outcome, method, route, httpStatus, grpcStatus = -1 } = key
    const row = this.#statements
      .prepare(
        `INSERT INTO request_keys (edge, protocol, side, source, outcome, method, route, http_status, grpc_status)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      )
      .get(edge, protocol, side, source, outcome, method, route, httpStatus, grpcStatus)!
    const id = row['id'] as number
    this.#remember({ ...key, id, seen })
    return { id, limited: false }
  }

  /** To be called with those that have no points any more. */
  remove(id: number): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#statements.prepare('DELETE FROM request_keys WHERE id = ?').run(id)
    this.#ids.delete(keyText(entry))
    this.#entries.delete(id)
  }

  #remember(entry: RequestKeyEntry): void {
    this.#entries.set(entry.id, entry)
    this.#ids.set(keyText(entry), entry.id)
  }
}

/** The key that stands for all routes of an edge that ended alike: of the statuses the class, of gRPC's its own codes. */
export function otherOf(key: RequestKey): RequestKey {
  const { httpStatus, grpcStatus } = key
  return {
    ...key,
    method: OTHER,
    route: OTHER,
    httpStatus: httpStatus - (httpStatus % 100),
    grpcStatus: grpcStatus !== undefined && grpcStatus > GRPC_STATUS_MAX ? GRPC_UNKNOWN : grpcStatus,
  }
}

export function keyOf(edge: number, series: RequestSeries): RequestKey {
  const { protocol, side, source, outcome, method, route, httpStatus, grpcStatus } = series
  return { edge, protocol, side, source, outcome, method, route, httpStatus, grpcStatus }
}

function keyText(key: RequestKey): string {
  const { edge, protocol, side, source, outcome, method, route, httpStatus, grpcStatus = -1 } = key
  // No method has a line break; a route may have anything, so it is the last.
  return `${edge} ${protocol} ${side} ${source} ${outcome} ${httpStatus} ${grpcStatus} ${method}\n${route}`
}
