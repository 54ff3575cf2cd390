import { parseAddress } from '@quadrant/core'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import type { CapturedExchange } from '../captured-exchange.ts'
import { ConnectionCaptures, ExchangeCaptures } from '../exchange-captures.ts'
import { ExchangeSeries, type ExchangePlace, type RequestServer, type SlotNames } from '../exchange-series.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { peerClassOf } from '../peer-class.ts'
import {
  type CaptureRules,
  PEERS,
  type RequestClient,
  type RequestSeries,
  type ScopeOf,
} from '../request-source.ts'
import type { SamplingWindows } from '../sampling/sampling-windows.ts'
import { StreamConnections, type StreamOwner } from './stream-connections.ts'
import type { StreamSink } from './stream-record.ts'

/** Servers, and clients, that are told apart: 0 is for what is beyond. */
const SLOTS_MAX = 0x10000
/** Exchanges of a connection at which it is asked who is at its other end, as long as that is not known. */
const TRIES_MAX = 16

export interface StreamRequestsOptions {
  /** Process of this host at the other end of a connection, by the socket's cookie; undefined where that is not known. */
  readonly peerPidOf?: (cookie: number) => number | undefined
  /** Connections that are read at a time. Default 16,384. */
  readonly connectionsMax?: number
  /** What stages of what is lost are called by. Default `streams`. */
  readonly stage?: 'streams' | 'tls'
}

/** Which requests are captured in full. */
export interface StreamRules {
  readonly rules: CaptureRules
  readonly generation: number
  /** What counts against the caps, whoever captures. */
  readonly windows: SamplingWindows
  readonly scopeOf: ScopeOf
}

/** Captures requests that are read elsewhere than in packets. */
export interface CaptureStream {
  /** Captures by these rules from the next request on. */
  setRules(rules: StreamRules): void
  /** Asks anew which rules are for which servers: some may be known only now. */
  renewScopes(): void
  /** Tells requests that are captured and have begun since the last call. */
  takeCaptures(onExchange: (exchange: CapturedExchange) => void): void
  /** Requests that rules asked for, which caps kept out or nobody took in time; cumulative. */
  readonly captureLossCount: number
}

/**
 * Makes series of what connections carry. Latency is by the calls of the process whose socket it is: at a server from the
 * end of the read that had the request's first byte to the beginning of the write that has the final response's, at a
 * client from the write to the read.
 */
export class StreamRequests implements CaptureStream {
  readonly #connections: StreamConnections
  readonly #series = new ExchangeSeries()
  readonly #places: PlaceSlots
  readonly #captures: ExchangeCaptures
  readonly #stage: string
  #rules: StreamRules | undefined
  /** Which rules are for a server, by its slot. */
  readonly #scopes = new Map<number, number>()
  #told = 0
  #unknown = 0
  #pushed = 0

  constructor({
    peerPidOf = () => undefined,
    connectionsMax,
    stage = 'streams',
  }: StreamRequestsOptions = {}) {
    this.#stage = stage
    this.#places = new PlaceSlots(peerPidOf)
    this.#captures = new ExchangeCaptures({
      protocols: ['http1', 'http2', 'grpc'],
      scopeOf: (server) => this.#scopeOf(server),
      names: this.#places,
    })
    this.#connections = new StreamConnections((owner, exchange) => this.#tell(owner, exchange), {
      connectionsMax,
      capturesOf: (owner) =>
        new ConnectionCaptures(this.#captures, owner.connection, this.#places.serverOf(owner), () =>
          this.#places.of(owner),
        ),
    })
  }

  readonly take: StreamSink = (record) => this.#connections.take(record)

  /** Gives up the connections of others; what is known of them is told. */
  giveUp(isWatched: Parameters<StreamConnections['giveUp']>[0]): void {
    this.#connections.giveUp(isWatched)
  }

  setRules(rules: StreamRules): void {
    this.#rules = rules
    this.#scopes.clear()
    this.#captures.set(rules.rules, rules.generation, rules.windows)
  }

  renewScopes(): void {
    this.#scopes.clear()
  }

  takeCaptures(onExchange: (exchange: CapturedExchange) => void): void {
    this.#captures.take(onExchange)
  }

  get captureLossCount(): number {
    const { captureCapped, captureFull } = this.#captures.counts()
    return captureCapped + captureFull
  }

  /** What came since the last read. */
  read(): readonly RequestSeries[] {
    return this.#series.read(this.#places)
  }

  drops(): readonly DropCount[] {
    const { overflow, unasked, gaps, misread, evicted } = this.#connections.counts()
    const { captureCapped, captureFull } = this.#captures.counts()
    const [exchanges, connections] = [this.#exchanges, `${this.#stage}.connections`]
    const captures = `${this.#stage}.captures`
    return [
      { stage: exchanges, reason: 'bytes of the connection missed or not read', count: this.#unknown },
      { stage: exchanges, reason: 'too many at a time on one connection', count: overflow },
      { stage: exchanges, reason: 'sent by the server unasked', count: this.#pushed },
      { stage: connections, reason: 'too many at a time', count: evicted },
      { stage: connections, reason: 'bytes missed', count: gaps },
      { stage: connections, reason: 'bytes that are not HTTP', count: misread },
      { stage: connections, reason: 'responses without a request', count: unasked },
      { stage: captures, reason: 'more than the rule allows', count: captureCapped },
      { stage: captures, reason: 'not taken in time', count: captureFull },
    ]
  }

  /** Exchanges whose fate is known, and captures that were asked for. */
  stages(): readonly StageCount[] {
    const { seen, open } = this.#connections.counts()
    const { captured, captureCapped, captureFull } = this.#captures.counts()
    return [
      { stage: this.#exchanges, seen: seen - open, kept: this.#told },
      {
        stage: `${this.#stage}.captures`,
        seen: captured + captureCapped + captureFull,
        kept: captured,
      },
    ]
  }

  #scopeOf(slot: number): number {
    let scope = this.#scopes.get(slot)
    if (scope === undefined) {
      const { cgroupId, side, port, address } = this.#places.server(slot)
      const place = { cgroupId, side, serverPort: port, serverAddress: address }
      this.#scopes.set(slot, (scope = this.#rules?.scopeOf(place, this.#rules.rules.rules) ?? 0))
    }
    return scope
  }

  get #exchanges(): string {
    return `${this.#stage}.exchanges`
  }

  #tell(owner: StreamOwner, exchange: HttpExchange): void {
    // An answer of HTTP/1 that began is one; of HTTP/2 packets tell it when it is over.
    const isKnown =
      exchange.end !== 'unknown' || (exchange.version !== undefined && exchange.status !== undefined)
    if (!isKnown) this.#unknown++
    else if (exchange.isPushed) this.#pushed++
    else {
      this.#told++
      this.#series.add(this.#places.of(owner), exchange)
    }
  }
}

/** Numbers for those who answer and who ask, as `ExchangeSeries` needs them. */
class PlaceSlots implements SlotNames {
  readonly #peerPidOf: (cookie: number) => number | undefined
  readonly #servers: RequestServer[] = [{ cgroupId: 0, port: 0, side: 'server', address: '' }]
  readonly #serverSlots = new Map<string, number>()
  readonly #clients: (RequestClient | undefined)[] = [undefined]
  readonly #clientSlots = new Map<string, number>()
  readonly #placeOf = new WeakMap<StreamOwner, { readonly place: ExchangePlace; triesLeft: number }>()

  constructor(peerPidOf: (cookie: number) => number | undefined) {
    this.#peerPidOf = peerPidOf
  }

  of(owner: StreamOwner): ExchangePlace {
    const known = this.#placeOf.get(owner)
    if (known !== undefined && known.triesLeft-- <= 0) return known.place
    const { side, connection, remoteAddress } = owner
    const peer = PEERS.indexOf(peerClassOf(parseAddress(remoteAddress) ?? new Uint8Array(4)))
    const pid = side === 'server' ? this.#peerPidOf(connection) : undefined
    const place = {
      server: this.serverOf(owner),
      client: side === 'server' ? this.#clientOf(pid, remoteAddress) : 0,
      peer,
    }
    // Who asks may be known only later.
    const triesLeft = side === 'client' || pid !== undefined ? 0 : (known?.triesLeft ?? TRIES_MAX)
    this.#placeOf.set(owner, { place, triesLeft })
    return place
  }

  server(slot: number): RequestServer {
    return this.#servers[slot]!
  }

  client(slot: number): RequestClient | undefined {
    return this.#clients[slot]
  }

  /** Its slot: the same for all of its connections. */
  serverOf({ cgroupId, side, localPort, remotePort, remoteAddress, isTls }: StreamOwner): number {
    const port = side === 'server' ? localPort : remotePort
    const address = side === 'server' ? '' : remoteAddress
    const source: RequestServer['source'] = isTls ? 'tls' : 'sockets'
    return slotOf(
      this.#serverSlots,
      this.#servers,
      `${cgroupId} ${side} ${port} ${address} ${source}`,
      () => ({
        cgroupId,
        port,
        side,
        address,
        source,
      }),
    )
  }

  #clientOf(pid: number | undefined, address: string): number {
    const client = pid === undefined ? { address } : { pid }
    return slotOf(this.#clientSlots, this.#clients, String(pid ?? address), () => client)
  }
}

function slotOf<T>(slots: Map<string, number>, values: T[], key: string, make: () => T): number {
  let slot = slots.get(key)
  if (slot === undefined) {
    if (values.length >= SLOTS_MAX) return 0
    slots.set(key, (slot = values.push(make()) - 1))
  }
  return slot
}
