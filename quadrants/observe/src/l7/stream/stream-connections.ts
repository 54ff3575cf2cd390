import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import type { ConnectionCaptures } from '../exchange-captures.ts'
import { RecentConnections } from '../recent-connections.ts'
import { StreamConnection, type StreamExchangeCounts } from './stream-connection.ts'
import { StreamFlag, type StreamRecord } from './stream-record.ts'

const CONNECTIONS_MAX = 16_384

/** Whose connection it is: of a record of it. */
export type StreamOwner = Pick<
  StreamRecord,
  'connection' | 'cgroupId' | 'pid' | 'localAddress' | 'remoteAddress' | 'localPort' | 'remotePort'
> & { readonly side: 'client' | 'server'; readonly isTls: boolean }

/**
 * Is given each exchange when it is over, of both protocols: the one place by which they pass, with the request's fields
 * that were asked for.
 */
export type TellStreamExchange = (owner: StreamOwner, exchange: HttpExchange) => void

/** What was made of records; cumulative but for `connections` and `open`. */
export interface StreamConnectionCounts extends StreamExchangeCounts {
  readonly records: number
  readonly connections: number
  /** Not read any more: too many were. */
  readonly evicted: number
}

export interface StreamConnectionsOptions {
  /** Read at a time. Default 16,384. */
  readonly connectionsMax?: number | undefined
  /** Who captures a connection's requests. Default: nobody. */
  readonly capturesOf?: (owner: StreamOwner) => ConnectionCaptures
}

interface Watched {
  readonly stream: StreamConnection
  readonly cgroupId: number
  readonly pid: number
}

/** All connections whose bytes come, each read from its records. Bounded: the one that was used the longest time ago makes room. */
export class StreamConnections {
  readonly #watched: RecentConnections<Watched>
  readonly #tell: TellStreamExchange
  readonly #capturesOf: ((owner: StreamOwner) => ConnectionCaptures) | undefined
  #records = 0
  #evicted = 0
  /** Of those that are not read any more. */
  readonly #before = { seen: 0, overflow: 0, unasked: 0, gaps: 0, misread: 0 }
  /** Of the newest record. */
  #nowNs = 0

  constructor(
    tell: TellStreamExchange,
    { connectionsMax = CONNECTIONS_MAX, capturesOf }: StreamConnectionsOptions = {},
  ) {
    this.#tell = tell
    this.#capturesOf = capturesOf
    this.#watched = new RecentConnections(connectionsMax)
  }

  take(record: StreamRecord): void {
    const { connection, atNs, flags } = record
    const isClosed = (flags & StreamFlag.closed) !== 0
    this.#records++
    this.#nowNs = atNs
    let watched = this.#watched.use(connection, atNs)
    if (watched === undefined) {
      if (isClosed) return
      watched = this.#open(record)
    }
    if (!isClosed) {
      watched.stream.take(record)
      return
    }
    watched.stream.close(atNs)
    this.#forget(connection, watched)
  }

  /** Gives up the connections of groups or processes that are not looked at any more. */
  giveUp(isWatched: (holder: Pick<StreamRecord, 'cgroupId' | 'pid'>) => boolean): void {
    for (const [cookie, watched] of this.#watched.entries()) {
      if (!isWatched(watched)) this.#giveUp(cookie, watched)
    }
  }

  counts(): StreamConnectionCounts {
    const sum = { ...this.#before, open: 0 }
    for (const [, { stream }] of this.#watched.entries()) {
      const counts = stream.counts()
      sum.open += counts.open
      add(sum, counts)
    }
    return { records: this.#records, connections: this.#watched.size, evicted: this.#evicted, ...sum }
  }

  #open(record: StreamRecord): Watched {
    const { connection, cgroupId, pid, localAddress, remoteAddress, localPort, remotePort, flags } = record
    const isTls = (flags & StreamFlag.tls) !== 0
    const place = { connection, cgroupId, pid, localAddress, remoteAddress, localPort, remotePort, isTls }
    let owner: StreamOwner | undefined
    const capturesOf = this.#capturesOf
    const stream = new StreamConnection(
      (exchange) => {
        owner ??= { ...place, side: stream.side! }
        this.#tell(owner, exchange)
      },
      capturesOf && ((side) => capturesOf((owner ??= { ...place, side }))),
    )
    const watched = { stream, cgroupId, pid }
    this.#watched.add(connection, watched, record.atNs, (cookie, oldest) => {
      this.#evicted++
      this.#giveUp(cookie, oldest)
    })
    return watched
  }

  #giveUp(cookie: number, watched: Watched): void {
    watched.stream.giveUp(this.#nowNs)
    this.#forget(cookie, watched)
  }

  #forget(cookie: number, { stream }: Watched): void {
    add(this.#before, stream.counts())
    this.#watched.delete(cookie)
  }
}

function add(
  sum: { seen: number; overflow: number; unasked: number; gaps: number; misread: number },
  counts: StreamExchangeCounts,
): void {
  sum.seen += counts.seen
  sum.overflow += counts.overflow
  sum.unasked += counts.unasked
  sum.gaps += counts.gaps
  sum.misread += counts.misread
}
