import type { OpaqueReason } from '../frames/frame-sink.ts'
import { FrameReader } from '../frames/frame-reader.ts'
import { PeerLimits } from '../frames/peer-limits.ts'
import { HpackDecoder, TABLE_BYTES_DEFAULT } from '../hpack/hpack-decoder.ts'
import { NameSet } from '../hpack/name-set.ts'
import type { Http2Error } from '../http2-error.ts'
import { DirectionSink } from './direction-sink.ts'
import type { WatchExchange } from './exchange-watch.ts'
import type { HttpExchange } from './http-exchange.ts'
import { MESSAGE_NAMES } from './message-fields.ts'
import { type ExchangeCounts, StreamTable } from './stream-table.ts'
import { StreamPairing } from './stream-pairing.ts'

export type Side = 'client' | 'server'

export interface Http2ConnectionOptions {
  /**
   * Whether the first byte of each direction that comes is the connection's first. Otherwise it must be a frame's first,
   * and what header fields refer to may not be known. Default true.
   */
  readonly isFromStart?: boolean
  /** Whether the bytes are abridged as those of `http2_record` of bpf/http.h are. Default false. */
  readonly isAbridged?: boolean
  /** Names of further request fields to tell, lower case. Default: `x-trace-sampling`, `traceparent`. */
  readonly fields?: readonly string[]
  /** Is asked who follows a request, while fields are collected: see {@link Http2Connection.collect}. */
  readonly watch?: WatchExchange
  /** Exchanges that are looked at at once. Default 1024; servers allow 100 to 250. */
  readonly streamsMax?: number
  /** Longest header block that is decoded. Default 64 KiB. */
  readonly blockBytesMax?: number
  /** Longest path, method and so on that is told. Default 8 KiB. */
  readonly stringBytesMax?: number
  /** What is kept of each dynamic table. Default 64 KiB. */
  readonly tableBytesMax?: number
}

/** What a connection of others may take where many are read at a time: a peer can make each of these full. */
export const FOREIGN_LIMITS = { blockBytesMax: 32_768, tableBytesMax: 16_384, stringBytesMax: 4096 } as const

/** What a connection has counted so far. */
export interface Http2Counts {
  readonly exchanges: ExchangeCounts
  /** Frames of both directions. */
  readonly frames: number
  /** Bytes that came when it could not be read any more, and bytes that the caller said are missing. */
  readonly opaqueBytes: number
  readonly missingBytes: number
  /** Header blocks of which bytes were missing, or that were longer than a limit of ours. */
  readonly lostBlocks: number
  /** Fields that refer to what was before we looked. */
  readonly unknownFields: number
  /** Names and values that were longer than a limit of ours. */
  readonly longStrings: number
  /** Frames of streams that are over, never began, or were too many. */
  readonly strayFrames: number
}

const FIELDS = ['x-trace-sampling', 'traceparent'] as const

/**
 * Understands one HTTP/2 connection from the bytes of its two directions: tells each exchange when it is over. The bytes
 * of each direction must come in their order, and those of both about in the order of their times.
 */
export class Http2Connection {
  readonly #streams: StreamTable
  readonly #pairing: StreamPairing
  readonly #readers: Readonly<Record<Side, FrameReader>>
  readonly #decoders: Readonly<Record<Side, HpackDecoder>>
  readonly #sinks: Readonly<Record<Side, DirectionSink>>
  #fields: readonly string[]
  #isCollecting = false
  #opaque: OpaqueReason | undefined
  #error: Http2Error | undefined

  /** @param tell is given each exchange when it is over */
  constructor(tell: (exchange: HttpExchange) => void, options: Http2ConnectionOptions = {}) {
    const { isFromStart = true, isAbridged, fields = FIELDS, streamsMax = 1024, blockBytesMax } = options
    this.#streams = new StreamTable(streamsMax, tell)
    this.#pairing = new StreamPairing(this.#streams, isFromStart, options.watch)
    this.#fields = fields
    const names = new NameSet([...MESSAGE_NAMES, ...fields])
    const { stringBytesMax, tableBytesMax } = options
    const giveUp = (reason: OpaqueReason, timeNs: number, error: Http2Error | undefined) =>
      this.#giveUp(reason, timeNs, error)
    const decoder = () => new HpackDecoder({ names, isJoined: !isFromStart, stringBytesMax, tableBytesMax })
    this.#decoders = { client: decoder(), server: decoder() }
    this.#sinks = {
      client: new DirectionSink('client', this.#decoders.client, this.#pairing, giveUp),
      server: new DirectionSink('server', this.#decoders.server, this.#pairing, giveUp),
    }
    const reader = (sender: Side) =>
      new FrameReader(this.#sinks[sender], { sender, isFromStart, isAbridged, blockBytesMax })
    this.#readers = { client: reader('client'), server: reader('server') }
    const tableBytes = isFromStart ? TABLE_BYTES_DEFAULT : undefined
    const limits = {
      client: new PeerLimits(this.#readers.client, this.#decoders.client, tableBytes),
      server: new PeerLimits(this.#readers.server, this.#decoders.server, tableBytes),
    }
    this.#sinks.client.join(limits.client, limits.server)
    this.#sinks.server.join(limits.server, limits.client)
  }

  /** Why the connection cannot be read any more; undefined while it can. */
  get opaque(): OpaqueReason | undefined {
    return this.#opaque
  }

  /** What is wrong with its bytes and where, if that is why. */
  get error(): Http2Error | undefined {
    return this.#error
  }

  /** Bytes that this side has sent, and when they were seen. */
  push(sender: Side, bytes: Uint8Array, timeNs: number): void {
    this.#readers[sender].push(bytes, timeNs)
  }

  /** As `push`, where the connection is abridged and these bytes are not. */
  pushWhole(sender: Side, bytes: Uint8Array, timeNs: number): void {
    this.#readers[sender].pushWhole(bytes, timeNs)
  }

  /** Whether the next byte of this side is a frame's first. */
  isAtFrame(sender: Side): boolean {
    return this.#readers[sender].isAtFrame
  }

  /** This side has sent bytes that are missing. @param byteCount undefined where nobody knows how many */
  miss(sender: Side, byteCount: number | undefined, timeNs: number): void {
    this.#readers[sender].miss(byteCount, timeNs)
  }

  /**
   * Frames of this side are missing, nobody knows which; the next byte of it is a frame's first. Exchanges that are open
   * end as `unknown`, and header fields that refer to what this side has sent before are not known. Of a connection that
   * is opaque the other side's next byte must be a frame's first, too.
   */
  resume(sender: Side, timeNs: number): void {
    const sides: readonly Side[] = this.#opaque === undefined ? [sender] : ['client', 'server']
    this.#opaque = this.#error = undefined
    this.#streams.endAll('unknown', timeNs)
    for (const side of sides) {
      this.#readers[side].resume()
      this.#sinks[side].resume()
    }
  }

  /** The connection is over: so are its exchanges. */
  close(timeNs: number): void {
    this.#streams.endAll('closed', timeNs)
  }

  /** Tells other request fields from now on. */
  ask(fields: readonly string[]): void {
    this.#fields = fields
    this.#ask()
  }

  /**
   * Whether all fields of both sides are made strings of and whoever follows exchanges is asked; it costs as much as it
   * says. From the next header block on; those that are followed go on being so.
   */
  collect(isCollecting: boolean): void {
    if (isCollecting === this.#isCollecting) return
    this.#isCollecting = isCollecting
    this.#ask()
  }

  #ask(): void {
    const names = this.#isCollecting ? undefined : new NameSet([...MESSAGE_NAMES, ...this.#fields])
    const others = this.#isCollecting ? new Set(this.#fields) : undefined
    for (const side of ['client', 'server'] as const) {
      this.#decoders[side].ask(names)
      this.#sinks[side].collect(others)
    }
  }

  counts(): Http2Counts {
    const sum = <T>(of: Readonly<Record<Side, T>>, value: (one: T) => number) =>
      value(of.client) + value(of.server)
    return {
      exchanges: this.#streams.counts(),
      frames: sum(this.#readers, ({ frameCount }) => frameCount),
      opaqueBytes: sum(this.#readers, ({ opaqueByteCount }) => opaqueByteCount),
      missingBytes: sum(this.#readers, ({ missingByteCount }) => missingByteCount),
      lostBlocks: sum(this.#sinks, ({ lostBlockCount }) => lostBlockCount),
      unknownFields: sum(this.#decoders, ({ unknownFieldCount }) => unknownFieldCount),
      longStrings: sum(this.#decoders, ({ longStringCount }) => longStringCount),
      strayFrames: this.#pairing.strayFrameCount,
    }
  }

  /** One direction alone tells no exchange, so both are given up. */
  #giveUp(reason: OpaqueReason, timeNs: number, error: Http2Error | undefined): void {
    if (this.#opaque !== undefined) return
    this.#opaque = reason
    this.#error = error
    this.#readers.client.giveUp(reason, timeNs)
    this.#readers.server.giveUp(reason, timeNs)
    this.#streams.endAll('unknown', timeNs)
  }
}
