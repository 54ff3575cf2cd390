import type { HttpExchange } from './http2/streams/http-exchange.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { collapsePath } from './kernel/collapsed-path.ts'
import { PEERS, REQUEST_METHODS, type RequestClient, type RequestSeries } from './request-source.ts'

/** As many series as the kernel's programs keep of HTTP/1. */
const SERIES_MAX = 8192
/** Paths as they were sent that are known to be of one that is counted; beyond, all are looked at anew. */
const SENT_PATHS_MAX = 4096
/** A longer path is cut, as in the kernel. */
const PATH_CHARS_MAX = 160
/** Status codes of gRPC are 0 to 16; what is larger than this is told as this. */
const GRPC_STATUS_MAX = 255
/** In the place of a status that is not known. */
const STATUS_UNKNOWN = 1000

/** Slots of clients: a key has room for each of them. */
const CLIENTS = 0x10000

const METHOD_INDEX: ReadonlyMap<string | undefined, number> = new Map(
  REQUEST_METHODS.map((method, index) => [method, index]),
)
const METHOD_OTHER = REQUEST_METHODS.length
/** By the two lowest bits of a key. */
const PROTOCOLS = ['http/2', 'grpc', 'http/1.0', 'http/1.1'] as const

/** Whose requests. */
export interface RequestServer {
  readonly cgroupId: number
  readonly port: number
  readonly side: RequestSeries['side']
  /** Of the server that a client asked; empty at the server's side. */
  readonly address: string
  /** How they were seen. Default: packets. */
  readonly source?: RequestSeries['source']
}

/** Whose requests, by the kernel's numbers. */
export interface ExchangePlace {
  /** Slot by which `read` asks whose it is. */
  readonly server: number
  /** Slot of who asks, up to 65,535; 0 where it is not told apart. */
  readonly client: number
  /** Index in `enum peer_class`. */
  readonly peer: number
}

/** What the slots of places stand for. */
export interface SlotNames {
  server(slot: number): RequestServer
  client(slot: number): RequestClient | undefined
}

export interface ExchangeSeriesOptions {
  /** Paths that one server may have; what is beyond is told without one. Default 1,000. */
  readonly pathsOfServerMax?: number
}

/** Adds up exchanges that are alike. Bounded: what finds no place is added to its server's rest. */
export class ExchangeSeries {
  readonly #servers = new Map<number, ServerPaths>()
  readonly #pathsOfServerMax: number
  #changed: Row[] = []
  #rowCount = 0
  #otherCount = 0

  constructor({ pathsOfServerMax = 1000 }: ExchangeSeriesOptions = {}) {
    this.#pathsOfServerMax = pathsOfServerMax
  }

  /** Exchanges that were added to a rest, as there are too many series. */
  get otherCount(): number {
    return this.#otherCount
  }

  add(place: ExchangePlace, exchange: HttpExchange): void {
    let server = this.#servers.get(place.server)
    if (!server)
      this.#servers.set(
        place.server,
        (server = new ServerPaths(place.server, exchange.version !== undefined)),
      )
    const path = server.path(exchange.path, exchange.isGrpc, this.#pathsOfServerMax)
    const key = keyOf(exchange, place.peer)
    const placeKey = key * CLIENTS + place.client
    let row = path.rows.get(placeKey)
    if (row === undefined && this.#rowCount < SERIES_MAX) {
      this.#rowCount++
      path.rows.set(placeKey, (row = new Row(place, path.text, path.isCut, key)))
    }
    if (row === undefined) {
      this.#otherCount++
      row = server.rest
    }
    if (row.count === 0) this.#changed.push(row)
    row.add(exchange)
  }

  /** What was added since the last time. */
  read(names: SlotNames): readonly RequestSeries[] {
    const changed = this.#changed
    this.#changed = []
    return changed.map((row) => row.take(names))
  }
}

/** The paths of one server. */
class ServerPaths {
  readonly #counted = new Map<string, CountedPath>()
  readonly #sent = new Map<string, CountedPath>()
  readonly #none = new CountedPath(undefined, false)
  readonly rest: Row

  constructor(slot: number, isHttp1: boolean) {
    this.rest = new Row({ server: slot, client: 0 }, undefined, false, isHttp1 ? HTTP1_REST : REST)
  }

  path(sent: string | undefined, isGrpc: boolean, max: number): CountedPath {
    if (sent === undefined) return this.#none
    const end = sent.search(/[?#]/)
    // A query is another one each time, and no part of what is counted.
    const whole = end < 0 ? sent : sent.slice(0, end)
    const known = this.#sent.get(whole)
    if (known) return known
    const cut = whole.slice(0, PATH_CHARS_MAX)
    // Methods of gRPC are names, whatever they look like.
    const text = isGrpc ? cut : collapsePath(cut)
    let counted = this.#counted.get(text)
    if (!counted) {
      if (this.#counted.size >= max) return this.#none
      this.#counted.set(text, (counted = new CountedPath(text, cut !== whole)))
    }
    if (cut !== whole) return counted
    if (this.#sent.size >= SENT_PATHS_MAX) this.#sent.clear()
    this.#sent.set(whole, counted)
    return counted
  }
}

class CountedPath {
  readonly text: string | undefined
  readonly isCut: boolean
  readonly rows = new Map<number, Row>()

  constructor(text: string | undefined, isCut: boolean) {
    this.text = text
    this.isCut = isCut
  }
}

/** What makes exchanges of one path alike, in one small number. */
function keyOf(exchange: HttpExchange, peer: number): number {
  const { grpcStatus } = exchange
  const status = exchange.status ?? (exchange.hasUnknownFields ? STATUS_UNKNOWN : 0)
  const grpc = grpcStatus === undefined ? 0 : Math.min(grpcStatus, GRPC_STATUS_MAX) + 1
  const method = METHOD_INDEX.get(exchange.method) ?? METHOD_OTHER
  return (((status * (GRPC_STATUS_MAX + 2) + grpc) * 16 + method) * 4 + peer) * 4 + protocolOf(exchange)
}

function protocolOf({ version, isGrpc }: HttpExchange): number {
  if (version === undefined) return isGrpc ? 1 : 0
  return version === '1.0' ? 2 : 3
}

/** Nothing is known of the rest. */
const REST = STATUS_UNKNOWN * (GRPC_STATUS_MAX + 2) * 256 + METHOD_OTHER * 16
const HTTP1_REST = REST + 3

type Slots = Pick<ExchangePlace, 'server' | 'client'>

class Row {
  readonly #slots: Slots
  readonly #path: string | undefined
  readonly #isCut: boolean
  readonly #key: number
  readonly #latency = new LatencyHistogram()
  count = 0
  #latencyNs = 0
  #requestBytes = 0
  #responseBytes = 0

  constructor(slots: Slots, path: string | undefined, isCut: boolean, key: number) {
    this.#slots = slots
    this.#path = path
    this.#isCut = isCut
    this.#key = key
  }

  add(exchange: HttpExchange): void {
    const { requestStartNs, isGrpc } = exchange
    this.count++
    this.#requestBytes += exchange.requestBytes
    this.#responseBytes += exchange.responseBytes
    // A call is over when its status came.
    const endNs = isGrpc ? exchange.responseEndNs : exchange.responseStartNs
    if (requestStartNs === undefined || endNs === undefined) return
    const ns = Math.max(0, endNs - requestStartNs)
    this.#latencyNs += ns
    this.#latency.add(ns)
  }

  take(names: SlotNames): RequestSeries {
    const { cgroupId, port, side, address, source } = names.server(this.#slots.server)
    const key = this.#key
    const statuses = Math.floor(key / 256)
    const status = Math.floor(statuses / (GRPC_STATUS_MAX + 2))
    const grpc = statuses % (GRPC_STATUS_MAX + 2)
    const taken: RequestSeries = {
      cgroupId,
      side,
      serverPort: port,
      serverAddress: address,
      peer: PEERS[(key >> 2) & 3]!,
      client: names.client(this.#slots.client),
      protocol: PROTOCOLS[key & 3]!,
      source,
      method: REQUEST_METHODS[(key >> 4) & 15],
      path: this.#path,
      pathCut: this.#isCut,
      status: status === STATUS_UNKNOWN ? undefined : status,
      grpcStatus: grpc === 0 ? undefined : grpc - 1,
      count: this.count,
      latencyNs: this.#latencyNs,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      latency: this.#latency.take(),
    }
    this.count = this.#latencyNs = this.#requestBytes = this.#responseBytes = 0
    return taken
  }
}
