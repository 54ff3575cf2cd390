import type { ExchangeCaptures } from '../exchange-captures.ts'
import type { ExchangePlace } from '../exchange-series.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { RecentConnections } from '../recent-connections.ts'
import { type Http2Record, RecordFlag } from './http2-record.ts'
import { WatchedConnection } from './watched-connection.ts'

const CONNECTIONS_MAX = 2048
/** A client that has said nothing for so long; its next request is read as of a connection that was joined. */
const IDLE_NS_MAX = 3600e9

export interface Http2ConnectionsOptions {
  /** Default 2,048. */
  readonly connectionsMax?: number | undefined
  /** Who captures requests. Default: nobody. */
  readonly captures?: ExchangeCaptures
}

/** Is given each exchange whose fate is known. */
type TellExchange = (place: ExchangePlace, exchange: HttpExchange) => void

/** What was made of records; cumulative but for `connections` and `open`. */
export interface Http2ConnectionCounts {
  readonly records: number
  /** Connections that are read now. */
  readonly connections: number
  /** Not read any more: too many were, or they said nothing for an hour. */
  readonly evicted: number
  /** Exchanges: seen = told + open + overflow. */
  readonly seen: number
  readonly open: number
  /** More at a time on one connection than are looked at. */
  readonly overflow: number
  /** Times that records of one direction were missing: the ring was full, or packets did not come by. */
  readonly gaps: number
  /** Times that bytes were not HTTP/2. */
  readonly misread: number
}

/** All connections of HTTP/2 that are seen, each read from its records. Bounded: the one that was used the longest time ago makes room. */
export class Http2Connections {
  readonly #connections: RecentConnections<WatchedConnection>
  readonly #tell: TellExchange
  readonly #captures: ExchangeCaptures | undefined
  #records = 0
  #evicted = 0
  /** Of those that are not read any more. */
  readonly #before = { seen: 0, overflow: 0, gaps: 0, misread: 0 }
  /** Of the newest record. */
  #nowNs = 0

  constructor(
    tell: TellExchange,
    { connectionsMax = CONNECTIONS_MAX, captures }: Http2ConnectionsOptions = {},
  ) {
    this.#tell = tell
    this.#captures = captures
    this.#connections = new RecentConnections(connectionsMax)
  }

  take(record: Http2Record): void {
    const { connection, atNs } = record
    const isClosed = (record.flags & RecordFlag.closed) !== 0
    this.#records++
    this.#nowNs = atNs
    let watched = this.#connections.use(connection, atNs)
    if (!watched) {
      if (isClosed) return
      watched = this.#open(record)
    }
    // The client is known from its first packet on, which may not be the connection's.
    watched.place.client = record.client
    watched.take(record)
    if (!isClosed) return
    watched.close(atNs)
    this.#forget(connection, watched)
  }

  /** Gives up what was not used for long. */
  evictIdle(): void {
    for (const [cookie, watched, touchedNs] of this.#connections.entries()) {
      if (this.#nowNs - touchedNs < IDLE_NS_MAX) return
      this.#evict(cookie, watched)
    }
  }

  counts(): Http2ConnectionCounts {
    const sum = { ...this.#before, open: 0 }
    for (const [, { connection, gapCount, misreadCount }] of this.#connections.entries()) {
      const { exchanges } = connection.counts()
      sum.seen += exchanges.seen
      sum.overflow += exchanges.overflow
      sum.open += exchanges.open
      sum.gaps += gapCount
      sum.misread += misreadCount
    }
    return { records: this.#records, connections: this.#connections.size, evicted: this.#evicted, ...sum }
  }

  #open(first: Http2Record): WatchedConnection {
    const { connection, server, peer, client } = first
    const place = { server, peer, client }
    const watched = new WatchedConnection((exchange) => this.#tell(place, exchange), place, {
      first,
      captures: this.#captures,
    })
    this.#connections.add(connection, watched, first.atNs, (cookie, oldest) => this.#evict(cookie, oldest))
    return watched
  }

  #evict(cookie: number, watched: WatchedConnection): void {
    this.#evicted++
    watched.giveUp(this.#nowNs)
    this.#forget(cookie, watched)
  }

  #forget(cookie: number, { connection, gapCount, misreadCount }: WatchedConnection): void {
    const { exchanges } = connection.counts()
    this.#before.seen += exchanges.seen
    this.#before.overflow += exchanges.overflow
    this.#before.gaps += gapCount
    this.#before.misread += misreadCount
    this.#connections.delete(cookie)
  }
}
