import type { ConnectionCaptures } from '../exchange-captures.ts'
import { FOREIGN_LIMITS, Http2Connection } from '../http2/streams/http2-connection.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { Http1Connection } from './http1-connection.ts'
import { StreamFlag, type StreamRecord } from './stream-record.ts'
import { type StreamStart, startOf } from './stream-kind.ts'

/** Kept of a connection until its first bytes tell what it is. */
const HELD_BYTES_MAX = 64
/** Records of a connection that was there before, until it is taken for one of another protocol. */
const TRIES_MAX = 64

type Side = 'client' | 'server'

/** What both protocols' connections have in common here. */
interface Reader {
  readonly side: (isSent: boolean) => Side
  push(side: Side, bytes: Uint8Array, timeNs: number, isCallStart: boolean): void
  miss(side: Side, byteCount: number, timeNs: number): void
  close(timeNs: number): void
  giveUp(timeNs: number): void
  isOver(): boolean
  counts(): StreamExchangeCounts
}

/** Exchanges of one connection: seen = told + open + overflow. */
export interface StreamExchangeCounts {
  readonly seen: number
  readonly open: number
  readonly overflow: number
  readonly unasked: number
  readonly gaps: number
  readonly misread: number
}

const NOTHING: StreamExchangeCounts = { seen: 0, open: 0, overflow: 0, unasked: 0, gaps: 0, misread: 0 }

class Direction {
  /** Offset of the byte that comes next; undefined: none came. */
  next: number | undefined
  isFromStart = false
  /** First bytes, as long as they do not tell what the connection is. */
  held = new Uint8Array(0)
  heldNs = 0
}

/** Reads one connection from its records: finds what it carries, and puts what was missed or told twice in its place. */
export class StreamConnection {
  readonly #tell: (exchange: HttpExchange) => void
  readonly #capturesOf: ((side: Side) => ConnectionCaptures) | undefined
  readonly #directions = { sent: new Direction(), received: new Direction() }
  #reader: Reader | undefined
  #isOther = false
  #tries = 0

  /** @param tell is given each exchange when it is over @param capturesOf gives who captures requests, when its side is known */
  constructor(tell: (exchange: HttpExchange) => void, capturesOf?: (side: Side) => ConnectionCaptures) {
    this.#tell = tell
    this.#capturesOf = capturesOf
  }

  /** What the socket's process does; undefined: it is not known, or nothing that is read here. */
  get side(): Side | undefined {
    return this.#reader?.side(true)
  }

  take(record: StreamRecord): void {
    const isSent = (record.flags & StreamFlag.sent) !== 0
    const direction = isSent ? this.#directions.sent : this.#directions.received
    const { offset, length, bytes } = record
    if (direction.next === undefined) {
      direction.next = offset
      direction.isFromStart = (record.flags & StreamFlag.fromStart) !== 0
    }
    const before = (offset - direction.next) | 0
    const known = Math.max(0, -before)
    if (known >= length) return
    direction.next = (offset + length) >>> 0
    if (this.#isOther) return
    if (before > 0) this.#miss(isSent, before, record.atNs)
    const news = bytes.subarray(Math.min(known, bytes.length))
    if (news.length > 0) this.#push(isSent, news, record, known === 0)
    const missing = length - Math.max(known, bytes.length)
    if (missing > 0) this.#miss(isSent, missing, record.atNs)
    if (this.#reader?.isOver()) this.#isOther = true
  }

  close(timeNs: number): void {
    this.#reader?.close(timeNs)
  }

  giveUp(timeNs: number): void {
    this.#reader?.giveUp(timeNs)
  }

  counts(): StreamExchangeCounts {
    return this.#reader?.counts() ?? NOTHING
  }

  #push(isSent: boolean, bytes: Uint8Array, record: StreamRecord, isCallStart: boolean): void {
    const { atNs } = record
    if (this.#reader !== undefined) {
      this.#reader.push(this.#reader.side(isSent), bytes, atNs, isCallStart)
      return
    }
    const direction = isSent ? this.#directions.sent : this.#directions.received
    const isHeld = direction.held.length > 0
    const whole = isHeld ? Buffer.concat([direction.held, bytes]) : bytes
    const start = startOf(whole, direction.isFromStart)
    if (start === 'wait' && whole.length <= HELD_BYTES_MAX) {
      if (!isHeld) direction.heldNs = atNs
      direction.held = Uint8Array.from(whole)
    } else if (start === 'wait' || start === 'other') {
      direction.held = new Uint8Array(0)
      this.#isOther = direction.isFromStart || ++this.#tries >= TRIES_MAX
    } else {
      this.#reader = this.#open(start, isSent)
      const side = this.#reader.side(isSent)
      // What came alone came earlier: a server's first byte is when the request came.
      if (isHeld) this.#reader.push(side, direction.held, direction.heldNs, true)
      this.#reader.push(side, bytes, atNs, !isHeld && isCallStart)
      direction.held = new Uint8Array(0)
    }
  }

  #miss(isSent: boolean, byteCount: number, timeNs: number): void {
    const direction = isSent ? this.#directions.sent : this.#directions.received
    if (this.#reader !== undefined) this.#reader.miss(this.#reader.side(isSent), byteCount, timeNs)
    else {
      direction.held = new Uint8Array(0)
      direction.isFromStart = false
    }
  }

  #open({ protocol, sender }: Exclude<StreamStart, string>, isSent: boolean): Reader {
    const other: Side = sender === 'client' ? 'server' : 'client'
    const side = (sent: boolean) => (sent === isSent ? sender : other)
    // The other direction, of which nothing came yet, begins where this one did.
    const { sent, received } = this.#directions
    const begins = ({ next, isFromStart }: Direction, opposite: Direction) =>
      next === undefined ? opposite.isFromStart : isFromStart
    const isFromStart = {
      [side(true)]: begins(sent, received),
      [side(false)]: begins(received, sent),
    } as Record<Side, boolean>
    const captures = this.#capturesOf?.(side(true))
    return protocol === 'http/1'
      ? http1Reader(this.#tell, { side, isFromStart, captures })
      : http2Reader(this.#tell, { side, isFromStart: isFromStart.client && isFromStart.server, captures })
  }
}

interface ReaderOptions<FromStart> {
  readonly side: Reader['side']
  readonly isFromStart: FromStart
  readonly captures: ConnectionCaptures | undefined
}

function http1Reader(
  tell: (exchange: HttpExchange) => void,
  { side, isFromStart, captures }: ReaderOptions<Readonly<Record<Side, boolean>>>,
): Reader {
  const connection = new Http1Connection(tell, { isFromStart, ...(captures && { watch: captures.watch }) })
  return {
    side,
    push: (from, bytes, timeNs, isCallStart) => {
      if (captures) connection.collect(captures.isCollecting)
      connection.push(from, bytes, timeNs, isCallStart)
    },
    miss: (from, byteCount, timeNs) => connection.miss(from, byteCount, timeNs),
    close: (timeNs) => connection.close(timeNs),
    giveUp: (timeNs) => connection.giveUp(timeNs),
    isOver: () => connection.isTunnel,
    counts: () => ({ ...connection.counts(), overflow: 0 }),
  }
}

function http2Reader(
  tell: (exchange: HttpExchange) => void,
  { side, isFromStart, captures }: ReaderOptions<boolean>,
): Reader {
  const connection = new Http2Connection(tell, {
    isFromStart,
    fields: [],
    ...(captures && { watch: captures.watch }),
    ...FOREIGN_LIMITS,
  })
  return {
    side,
    push: (from, bytes, timeNs) => {
      if (captures) connection.collect(captures.isCollecting)
      connection.push(from, bytes, timeNs)
    },
    miss: (from, byteCount, timeNs) => connection.miss(from, byteCount, timeNs),
    close: (timeNs) => connection.close(timeNs),
    giveUp: (timeNs) => connection.resume('client', timeNs),
    isOver: () => connection.opaque !== undefined,
    counts: () => {
      const { seen, open, overflow } = connection.counts().exchanges
      const misread = connection.opaque === undefined ? 0 : 1
      return { seen, open, overflow, unasked: 0, gaps: 0, misread }
    },
  }
}
