import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { toBinary } from '@bufbuild/protobuf'
import { formatAddress } from '@quadrant/core'
import { ProcessSchema, type Endpoint, type Process, type Protocol } from '@quadrant/proto'
import type { EdgeRef, EndpointRef, ProcessRef } from './store.ts'

/** Numbers in `endpoints.kind`. */
const ENDPOINT_KIND = { process: 1, address: 2, other: 3, ended: 4 } as const

/** Where an edge over the limit goes, beside the end that is a process. */
export const EDGE_LIMIT: EndpointRef = { kind: 'other', reason: 'edge-limit' }

interface EdgeEntry {
  readonly ref: EdgeRef
  readonly clientId: number
  readonly serverId: number
  /** Newest window with this edge, seconds. */
  seen: number
}

/**
 * Processes, endpoints and edges of the SQLite store by id, held in memory and written through.
 * After a rolled back transaction `load` must be called: memory may know rows that are not there.
 */
export class Topology {
  readonly #db: DatabaseSync
  readonly #edgesLimit: number
  readonly #processes = new Map<number, ProcessRef>()
  readonly #processIds = new Map<string, number>()
  readonly #endpointIds = new Map<string, number>()
  readonly #edges = new Map<number, EdgeEntry>()
  readonly #edgeIds = new Map<string, number>()
  readonly #sql: Readonly<Record<'process' | 'endpoint' | 'edge', StatementSync>>

  constructor(db: DatabaseSync, edgesLimit: number) {
    this.#db = db
    this.#edgesLimit = edgesLimit
    this.#sql = {
      process: db.prepare(
        `INSERT INTO processes (host, key, comm, service, start_ns, end_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (host, key) DO UPDATE SET comm = excluded.comm, service = excluded.service,
           start_ns = excluded.start_ns, end_ns = MAX(end_ns, excluded.end_ns), body = excluded.body
         RETURNING id`,
      ),
      endpoint: db.prepare('INSERT INTO endpoints (kind, value) VALUES (?, ?) RETURNING id'),
      edge: db.prepare(
        'INSERT INTO edges (client, server, protocol, server_port) VALUES (?, ?, ?, ?) RETURNING id',
      ),
    }
    this.load()
  }

  /** Reads everything again from the store. */
  load(): void {
    for (const map of [this.#processes, this.#processIds, this.#endpointIds, this.#edges, this.#edgeIds])
      map.clear()
    for (const row of this.#db.prepare('SELECT id, host, key, comm, service FROM processes').iterate())
      this.#remember(row['id'] as number, row['host'] as string, row['key'] as string, {
        comm: row['comm'] as string,
        service: row['service'] as string,
      })
    const endpoints = new Map<number, EndpointRef>()
    for (const row of this.#db.prepare('SELECT id, kind, value FROM endpoints').iterate()) {
      const ref = this.#readEndpoint(row['kind'] as number, row['value'] as string | number)
      endpoints.set(row['id'] as number, ref)
      this.#endpointIds.set(endpointKey(ref), row['id'] as number)
    }
    const seen = new Map<number, number>()
    for (const row of this.#db.prepare('SELECT edge, MAX(t) AS t FROM rollup_3600 GROUP BY edge').iterate())
      seen.set(row['edge'] as number, row['t'] as number)
    for (const row of this.#db.prepare('SELECT * FROM edges').iterate()) {
      const id = row['id'] as number
      const clientId = row['client'] as number
      const serverId = row['server'] as number
      const client = endpoints.get(clientId)!
      const server = endpoints.get(serverId)!
      const ref = {
        id,
        client,
        server,
        protocol: row['protocol'] as Protocol,
        serverPort: row['server_port'] as number,
      }
      this.#edges.set(id, { ref, clientId, serverId, seen: seen.get(id) ?? 0 })
      this.#edgeIds.set(edgeKey(ref), id)
    }
  }

  get edgeCount(): number {
    return this.#edges.size
  }

  get processCount(): number {
    return this.#processes.size
  }

  edge(id: number): EdgeRef | undefined {
    return this.#edges.get(id)?.ref
  }

  edges(): IterableIterator<EdgeEntry> {
    return this.#edges.values()
  }

  process(id: number): ProcessRef | undefined {
    return this.#processes.get(id)
  }

  processes(): MapIterator<ProcessRef> {
    return this.#processes.values()
  }

  /** Adds or updates a process. */
  putProcess(host: string, process: Process): number {
    const { comm, service, key } = process
    const row = this.#sql.process.get(
      host,
      key,
      comm,
      service,
      process.startNs,
      process.endNs,
      toBinary(ProcessSchema, process),
    )!
    this.#remember(row['id'] as number, host, key, { comm, service })
    return row['id'] as number
  }

  /** Id of a process by its key. One that was never described gets a place with what its key says. */
  processId(host: string, key: string): number {
    const id = this.#processIds.get(`${host}/${key}`)
    if (id !== undefined) return id
    const pid = Number(key.slice(0, key.indexOf('@')))
    const blank: Process = {
      $typeName: 'quadrant.v1.Process',
      key,
      pid,
      startNs: 0,
      comm: '',
      exe: '',
      argv: [],
      uid: 0,
      parentPid: 0,
      cgroup: '',
      containerId: '',
      systemdUnit: '',
      netns: 0,
      service: `pid-${pid}`,
      serviceSource: '',
      endNs: 0,
    }
    return this.putProcess(host, blank)
  }

  /** What the ends that a host tells of mean here. */
  ends(host: string, endpoints: readonly Endpoint[]): readonly EndpointRef[] {
    return endpoints.map(({ kind }): EndpointRef => {
      switch (kind.case) {
        case 'processKey':
          return { kind: 'process', process: this.process(this.processId(host, kind.value))! }
        case 'address':
          return { kind: 'address', address: formatAddress(kind.value) }
        default:
          return { kind: 'other', reason: kind.value ?? 'unknown' }
      }
    })
  }

  #endpointId(ref: EndpointRef): number {
    const key = endpointKey(ref)
    const known = this.#endpointIds.get(key)
    if (known !== undefined) return known
    const value =
      ref.kind === 'process'
        ? ref.process.id
        : ref.kind === 'address'
          ? ref.address
          : ref.kind === 'other'
            ? ref.reason
            : `${ref.host}/${ref.service}`
    const id = this.#sql.endpoint.get(ENDPOINT_KIND[ref.kind], value)!['id'] as number
    this.#endpointIds.set(key, id)
    return id
  }

  /**
   * Id of an edge. Over the limit the far end is not told apart any more, and far over it neither end is:
   * then `limited` is true. Edges made while folding are let through, as they make room.
   */
  edgeId(
    edge: Omit<EdgeRef, 'id'>,
    seen: number,
    options: { folding?: boolean } = {},
  ): { id: number; limited: boolean } {
    const key = edgeKey(edge)
    const known = this.#edgeIds.get(key)
    if (known !== undefined) {
      const entry = this.#edges.get(known)!
      if (seen > entry.seen) entry.seen = seen
      return { id: known, limited: false }
    }
    const limit = this.#edgesLimit
    const isLimit = edge.client === EDGE_LIMIT || edge.server === EDGE_LIMIT
    const isLast = edge.client === EDGE_LIMIT && edge.server === EDGE_LIMIT
    if (!options.folding && !isLast && this.#edges.size >= (isLimit ? limit * 1.1 : limit)) {
      const keepClient = !isLimit && edge.client.kind === 'process'
      const keepServer = !isLimit && !keepClient && edge.server.kind === 'process'
      const client = keepClient ? edge.client : EDGE_LIMIT
      const server = keepServer ? edge.server : EDGE_LIMIT
      return {
        id: this.edgeId({ client, server, protocol: edge.protocol, serverPort: 0 }, seen).id,
        limited: true,
      }
    }
    const clientId = this.#endpointId(edge.client)
    const serverId = this.#endpointId(edge.server)
    const id = this.#sql.edge.get(clientId, serverId, edge.protocol, edge.serverPort)!['id'] as number
    this.#edges.set(id, { ref: { id, ...edge }, clientId, serverId, seen })
    this.#edgeIds.set(key, id)
    return { id, limited: false }
  }

  #remember(id: number, host: string, key: string, told: { comm: string; service: string }): void {
    const known = this.#processes.get(id)
    if (known) {
      known.comm = told.comm
      known.service = told.service
      return
    }
    this.#processes.set(id, { id, host, key, pid: Number(key.slice(0, key.indexOf('@'))), ...told })
    this.#processIds.set(`${host}/${key}`, id)
  }

  #readEndpoint(kind: number, value: string | number): EndpointRef {
    const text = String(value)
    switch (kind) {
      case ENDPOINT_KIND.process: {
        const process = this.#processes.get(value as number)
        return process ? { kind: 'process', process } : { kind: 'other', reason: 'forgotten' }
      }
      case ENDPOINT_KIND.address:
        return { kind: 'address', address: text }
      case ENDPOINT_KIND.ended: {
        const slash = text.indexOf('/')
        return { kind: 'ended', host: text.slice(0, slash), service: text.slice(slash + 1) }
      }
      default:
        return text === 'edge-limit' ? EDGE_LIMIT : { kind: 'other', reason: text }
    }
  }
}

function endpointKey(ref: EndpointRef): string {
  switch (ref.kind) {
    case 'process':
      return `p${ref.process.id}`
    case 'address':
      return `a${ref.address}`
    case 'other':
      return `o${ref.reason}`
    case 'ended':
      return `e${ref.host}/${ref.service}`
  }
}

function edgeKey({ client, server, protocol, serverPort }: Omit<EdgeRef, 'id'>): string {
  return `${endpointKey(client)}|${endpointKey(server)}|${protocol}|${serverPort}`
}
