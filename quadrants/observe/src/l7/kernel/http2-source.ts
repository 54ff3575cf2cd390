import { type Collection, openRingBuffer, type RecordReader, structCodec } from '@quadrant/ebpf'
import { read64 } from '../../kernel/word.ts'
import { ExchangeSeries, type ExchangeSeriesOptions, type RequestServer } from '../exchange-series.ts'
import { PREFACE } from '../http2/frames/frame-type.ts'
import { Http2Connection, type Side } from '../http2/streams/http2-connection.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import type { RequestSeries } from '../request-source.ts'
import { UnorderedBytes } from './unordered-bytes.ts'

const CONNECTIONS_MAX = 4096
/** A client that has asked nothing for so long is not expected to; its next request is read as of one that was joined. */
const IDLE_NS_MAX = 3600e9
/** Times that one connection is begun anew after bytes of it that are not HTTP/2. */
const RESTARTS_MAX = 8
/** Fields that each exchange is told with: none, they are added up. */
const NO_FIELDS: readonly string[] = []

/** `enum http2_flag` of bpf/http.h. */
const FROM_START = 1
const CLOSED = 2
const WHOLE = 4
const UNORDERED_FROM = 8

export interface Http2SourceOptions extends ExchangeSeriesOptions {
  /** Connections that are read at a time; the one that said nothing for the longest time makes room. Default 4,096. */
  readonly connectionsMax?: number
}

/** What was made of the kernel's records; cumulative but for `connections` and `open`. */
export interface Http2SourceCounts {
  readonly records: number
  /** Connections that are read now. */
  readonly connections: number
  /** Not read any more: too many were, or it said nothing for an hour. */
  readonly evicted: number
  /** Exchanges: seen = told + unknown + pushed + overflow + open. */
  readonly seen: number
  readonly told: number
  /** Open when something of their connection was missing, or could not be read. */
  readonly unknown: number
  /** The server sent them unasked. */
  readonly pushed: number
  /** More at a time on one connection than are looked at. */
  readonly overflow: number
  readonly open: number
  /** Times that records of one direction were missing: the ring was full, or packets did not come by. */
  readonly gaps: number
  /** Times that bytes were not HTTP/2. */
  readonly misread: number
  /** Told without a path or status, as header fields refer to what was before we looked. */
  readonly unknownFields: number
  /** Told in a place for the rest. */
  readonly other: number
}

/** Makes series of the frames that the kernel's programs send. */
export class Http2Source implements Disposable {
  readonly #reader: RecordReader
  readonly #at: ReturnType<typeof placesOf>
  readonly #connections = new Map<number, WatchedConnection>()
  readonly #connectionsMax: number
  readonly #series: ExchangeSeries
  readonly #tally = {
    records: 0,
    evicted: 0,
    told: 0,
    unknown: 0,
    pushed: 0,
    gaps: 0,
    misread: 0,
    unknownFields: 0,
  }
  /** Of connections that are not read any more. */
  #seenBefore = 0
  #overflowBefore = 0
  /** Of the newest record. */
  #nowNs = 0

  /** @throws {EbpfError} */
  constructor(collection: Collection, { connectionsMax = CONNECTIONS_MAX, ...options }: Http2SourceOptions) {
    this.#connectionsMax = connectionsMax
    this.#series = new ExchangeSeries(options)
    this.#at = placesOf(collection)
    this.#reader = openRingBuffer(collection.map('http2_frames'))
  }

  /** Takes what the ring holds; how many records. */
  poll(): number {
    return this.#reader.drain(this.#onRecord)
  }

  /** What came since the last read. */
  read(serverOf: (slot: number) => RequestServer): readonly RequestSeries[] {
    this.poll()
    this.#evictIdle()
    return this.#series.read(serverOf)
  }

  counts(): Http2SourceCounts {
    let [seen, overflow, open] = [this.#seenBefore, this.#overflowBefore, 0]
    for (const { connection } of this.#connections.values()) {
      const { exchanges } = connection.counts()
      seen += exchanges.seen
      overflow += exchanges.overflow
      open += exchanges.open
    }
    const { size: connections } = this.#connections
    return { ...this.#tally, connections, seen, overflow, open, other: this.#series.otherCount }
  }

  readonly #onRecord = (words: Uint32Array, index: number, byteLength: number): void => {
    const at = this.#at
    if (byteLength < at.end) return
    const sizes = words[index + at.bytes]!
    const kind = words[index + at.sender]!
    const length = Math.min(sizes & 0xffff, byteLength - at.end)
    const before = sizes >>> 16
    const cookie = read64(words, index + at.connection)
    const flags = (kind >>> 16) & 0xff
    this.#nowNs = read64(words, index + at.atNs)
    this.#tally.records++
    let watched = this.#connections.get(cookie)
    if (!watched) {
      if ((flags & CLOSED) !== 0) return
      watched = this.#open(cookie, words[index + at.server]!, (kind >>> 8) & 0xff, (flags & FROM_START) !== 0)
    } else if (this.#nowNs - watched.touchedNs > 1e9) {
      // The map's order is that of the last use, to a second.
      this.#connections.delete(cookie)
      this.#connections.set(cookie, watched)
      watched.touchedNs = this.#nowNs
    }
    const sender: Side = (kind & 0xff) === 0 ? 'client' : 'server'
    const start = words.byteOffset + 4 * index + at.end
    const bytes = new Uint8Array(words.buffer, start, length)
    const sequence = words[index + at.sequence]!
    this.#checkNumber(watched, sender, words[index + at.number]!)
    if ((flags & WHOLE) === 0) this.#push(watched, sender, bytes, before, sequence)
    else {
      if ((flags & UNORDERED_FROM) !== 0)
        this.#beginUnordered(watched, sender, sequence, words[index + at.left]!)
      watched[sender].unordered?.add(sequence, bytes)
    }
    if ((flags & CLOSED) !== 0) this.#close(cookie, watched)
  }

  #checkNumber(watched: WatchedConnection, sender: Side, number: number): void {
    const half = watched[sender]
    if (number !== half.next) this.#break(watched, sender)
    half.next = (number + 1) >>> 0
  }

  #break(watched: WatchedConnection, sender: Side): void {
    this.#tally.gaps++
    watched[sender].isBroken = true
    watched[sender].unordered = undefined
    watched.connection.resume(sender, this.#nowNs)
  }

  #push(watched: WatchedConnection, sender: Side, all: Uint8Array, before: number, sequence: number): void {
    const { connection } = watched
    const half = watched[sender]
    if (all.length === 0) return
    // The kernel says that a frame begins here: it knows by its looks alone.
    if (half.unordered && !(half.unordered.isWholeAt(sequence) && connection.isAtFrame(sender)))
      this.#break(watched, sender)
    half.unordered = undefined
    let bytes = all
    if (half.isBroken) {
      if (before >= all.length) return
      half.isBroken = false
      bytes = all.subarray(before)
    }
    connection.push(sender, bytes, this.#nowNs)
    this.#checkReadable(watched, sender)
  }

  #beginUnordered(watched: WatchedConnection, sender: Side, sequence: number, left: number): void {
    const half = watched[sender]
    // Within a frame whose beginning is missing nothing can be put in order.
    if (half.isBroken) return
    half.unordered = new UnorderedBytes(sequence, left, (bytes) => {
      if (half.isBroken) return
      watched.connection.pushWhole(sender, bytes, this.#nowNs)
      this.#checkReadable(watched, sender)
    })
  }

  #checkReadable(watched: WatchedConnection, sender: Side): void {
    const { connection } = watched
    if (connection.opaque === undefined || watched.restarts === RESTARTS_MAX) return
    this.#tally.misread++
    if (++watched.restarts === RESTARTS_MAX) return
    connection.resume(sender, this.#nowNs)
    watched.client.isBroken = watched.server.isBroken = true
  }

  #open(cookie: number, server: number, peer: number, isFromStart: boolean): WatchedConnection {
    if (this.#connections.size >= this.#connectionsMax) this.#evictOldest()
    const tell = (exchange: HttpExchange) => this.#tell(server, peer, exchange)
    const connection = new Http2Connection(tell, { isFromStart, isAbridged: true, fields: NO_FIELDS })
    if (isFromStart) connection.push('client', PREFACE, this.#nowNs)
    const watched = new WatchedConnection(connection, this.#nowNs)
    this.#connections.set(cookie, watched)
    return watched
  }

  #tell(server: number, peer: number, exchange: HttpExchange): void {
    if (exchange.end === 'unknown') this.#tally.unknown++
    else if (exchange.isPushed) this.#tally.pushed++
    else {
      this.#tally.told++
      if (exchange.hasUnknownFields) this.#tally.unknownFields++
      this.#series.add(server, peer, exchange)
    }
  }

  #close(cookie: number, { connection }: WatchedConnection): void {
    connection.close(this.#nowNs)
    this.#forget(cookie, connection)
  }

  #forget(cookie: number, connection: Http2Connection): void {
    const { exchanges } = connection.counts()
    this.#seenBefore += exchanges.seen
    this.#overflowBefore += exchanges.overflow
    this.#connections.delete(cookie)
  }

  #evictIdle(): void {
    for (const { touchedNs } of this.#connections.values()) {
      if (this.#nowNs - touchedNs < IDLE_NS_MAX) return
      this.#evictOldest()
    }
  }

  #evictOldest(): void {
    for (const [cookie, { connection }] of this.#connections) {
      this.#tally.evicted++
      connection.resume('client', this.#nowNs)
      this.#forget(cookie, connection)
      return
    }
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]()
  }
}

class WatchedHalf {
  /** Number of the next record. */
  next = 0
  /** What comes first is the rest of a frame that began in a record which is missing. */
  isBroken = false
  /** Packets came before those that they follow. */
  unordered: UnorderedBytes | undefined
}

class WatchedConnection {
  readonly connection: Http2Connection
  readonly client = new WatchedHalf()
  readonly server = new WatchedHalf()
  touchedNs: number
  restarts = 0

  constructor(connection: Http2Connection, nowNs: number) {
    this.connection = connection
    this.touchedNs = nowNs
  }
}

/** Where the fields are, in words; where bytes begin, in bytes. */
function placesOf({ spec }: Collection) {
  const record = structCodec(spec.btf, 'struct http2_record')
  return {
    connection: record.offset('connection') / 4,
    atNs: record.offset('at_ns') / 4,
    server: record.offset('server') / 4,
    number: record.offset('number') / 4,
    sequence: record.offset('sequence') / 4,
    left: record.offset('left') / 4,
    /** With `before` above it. */
    bytes: record.offset('bytes') / 4,
    /** With the peer and the flags above it. */
    sender: record.offset('of_server') / 4,
    end: record.bytes,
  } as const
}
