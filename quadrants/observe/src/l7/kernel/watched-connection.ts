import { ConnectionCaptures, type ExchangeCaptures } from '../exchange-captures.ts'
import type { ExchangePlace } from '../exchange-series.ts'
import { PREFACE } from '../http2/frames/frame-type.ts'
import { FOREIGN_LIMITS, Http2Connection, type Side } from '../http2/streams/http2-connection.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { type Http2Record, RecordFlag } from './http2-record.ts'
import { UnorderedBytes } from './unordered-bytes.ts'

/** Times that one connection is begun anew after bytes of it that are not HTTP/2. */
const RESTARTS_MAX = 8
/** Fields that each exchange is told with: none, they are added up. */
const NO_FIELDS: readonly string[] = []

class WatchedHalf {
  /** Number of the next record. */
  next = 0
  /** What comes first is the rest of a frame that began in a record which is missing. */
  isBroken = false
  /** Packets came before those that they follow. */
  unordered: UnorderedBytes | undefined
}

/** Reads one connection of HTTP/2 from the records of its packets. */
export class WatchedConnection {
  readonly connection: Http2Connection
  readonly place: { -readonly [K in keyof ExchangePlace]: ExchangePlace[K] }
  readonly #halves: Readonly<Record<Side, WatchedHalf>> = {
    client: new WatchedHalf(),
    server: new WatchedHalf(),
  }
  readonly #captures: ConnectionCaptures | undefined
  #restarts = 0
  #nowNs: number
  /** Times that records of one direction were missing. */
  gapCount = 0
  /** Times that bytes were not HTTP/2. */
  misreadCount = 0

  /** @param tell is given each exchange when it is over @param first of its records, which is taken later */
  constructor(
    tell: (exchange: HttpExchange) => void,
    place: ExchangePlace,
    { first, captures }: { readonly first: Http2Record; readonly captures?: ExchangeCaptures | undefined },
  ) {
    this.#captures = captures && new ConnectionCaptures(captures, first.connection, place.server, () => place)
    this.place = place
    const isFromStart = (first.flags & RecordFlag.fromStart) !== 0
    this.#nowNs = first.atNs
    this.connection = new Http2Connection(tell, {
      isFromStart,
      isAbridged: true,
      fields: NO_FIELDS,
      ...(this.#captures && { watch: this.#captures.watch }),
      ...FOREIGN_LIMITS,
    })
    // By which the kernel knew it.
    if (isFromStart) this.connection.push('client', PREFACE, first.atNs)
  }

  take(record: Http2Record): void {
    const { sender, flags, number } = record
    const half = this.#halves[sender]
    this.#nowNs = record.atNs
    if (this.#captures) this.connection.collect(this.#captures.isCollecting)
    if (number !== half.next) this.#break(sender)
    half.next = (number + 1) >>> 0
    if ((flags & RecordFlag.ordered) !== 0) this.#endUnordered(sender, record.sequence)
    else if ((flags & RecordFlag.whole) === 0) this.#push(record)
    else {
      if ((flags & RecordFlag.unorderedFrom) !== 0) this.#beginUnordered(sender, record.sequence, record.left)
      half.unordered?.add(record.sequence, record.bytes)
    }
  }

  /** The connection is over. */
  close(timeNs: number): void {
    this.connection.close(timeNs)
  }

  /** It is not looked at any more; how its exchanges end is not known. */
  giveUp(timeNs: number): void {
    this.connection.resume('client', timeNs)
  }

  /** Something of this direction is missing. */
  #break(sender: Side): void {
    this.gapCount++
    this.#halves[sender].isBroken = true
    this.#halves[sender].unordered = undefined
    this.connection.resume(sender, this.#nowNs)
  }

  #push({ sender, bytes, before }: Http2Record): void {
    const half = this.#halves[sender]
    if (!half.isBroken) this.#read(sender, bytes)
    else if (before < bytes.length) {
      half.isBroken = false
      this.#read(sender, bytes.subarray(before))
    }
  }

  #read(sender: Side, bytes: Uint8Array): void {
    this.connection.push(sender, bytes, this.#nowNs)
    this.#checkReadable(sender)
  }

  #beginUnordered(sender: Side, sequence: number, left: number): void {
    const half = this.#halves[sender]
    // Within a frame whose beginning is missing nothing can be put in order.
    if (half.isBroken) return
    half.unordered = new UnorderedBytes(sequence, left, (bytes) => {
      if (half.isBroken) return
      this.connection.pushWhole(sender, bytes, this.#nowNs)
      this.#checkReadable(sender)
    })
  }

  #endUnordered(sender: Side, sequence: number): void {
    const half = this.#halves[sender]
    const { unordered } = half
    half.unordered = undefined
    // The kernel says that a frame begins there: it knows by its looks alone.
    if (unordered && !(unordered.isWholeAt(sequence) && this.connection.isAtFrame(sender)))
      this.#break(sender)
  }

  /** What is not HTTP/2 to us may be so again: the kernel knows where frames begin. */
  #checkReadable(sender: Side): void {
    if (this.connection.opaque === undefined || this.#restarts === RESTARTS_MAX) return
    this.misreadCount++
    if (++this.#restarts === RESTARTS_MAX) return
    this.connection.resume(sender, this.#nowNs)
    this.#halves.client.isBroken = this.#halves.server.isBroken = true
  }
}
