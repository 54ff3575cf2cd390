import { type Collection, openRingBuffer, type RecordReader, structCodec } from '@quadrant/ebpf'
import { read64 } from '../../kernel/word.ts'
import type { ExchangeCaptureCounts, ExchangeCaptures } from '../exchange-captures.ts'
import {
  ExchangeSeries,
  type ExchangeSeriesOptions,
  type ExchangePlace,
  type SlotNames,
} from '../exchange-series.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { pollOften } from '../poll-often.ts'
import type { RequestSeries } from '../request-source.ts'
import { type Http2ConnectionCounts, Http2Connections } from './http2-connections.ts'

/** Of a service at full speed some 20 MB a second come. */
const POLL_MS = 20

export interface Http2SourceOptions extends ExchangeSeriesOptions {
  /** Connections that are read at a time; the one that said nothing for the longest time makes room. Default 2,048. */
  readonly connectionsMax?: number
  /** Whom the requests that have begun are told to. */
  readonly captures: ExchangeCaptures
}

/** What was made of the kernel's records; see there. Exchanges: seen = told + unknown + pushed + open + overflow. */
export interface Http2SourceCounts extends Http2ConnectionCounts, ExchangeCaptureCounts {
  readonly told: number
  /** Open when something of their connection was missing, or could not be read. */
  readonly unknown: number
  /** The server sent them unasked. */
  readonly pushed: number
  /** Told without a method, path or status: header fields refer to what was before we looked, or are missing. */
  readonly unknownFields: number
  /** Told in a place for the rest. */
  readonly other: number
}

/** Makes series of the frames that the kernel's programs send. */
export class Http2Source implements Disposable {
  readonly captures: ExchangeCaptures
  readonly #reader: RecordReader
  readonly #polling: Disposable
  readonly #at: ReturnType<typeof placesOf>
  readonly #connections: Http2Connections
  readonly #series: ExchangeSeries
  readonly #tally = { told: 0, unknown: 0, pushed: 0, unknownFields: 0 }

  /** @throws {EbpfError} */
  constructor(collection: Collection, { connectionsMax, captures, ...options }: Http2SourceOptions) {
    this.captures = captures
    this.#series = new ExchangeSeries(options)
    this.#connections = new Http2Connections(this.#tell, { connectionsMax, captures })
    this.#at = placesOf(collection)
    this.#reader = openRingBuffer(collection.map('http2_frames'))
    this.#polling = pollOften(() => this.poll(), POLL_MS)
  }

  /** Takes what the ring holds; how many records. */
  poll(): number {
    return this.#reader.drain(this.#onRecord)
  }

  /** What came since the last read. */
  read(names: SlotNames): readonly RequestSeries[] {
    this.poll()
    this.#connections.evictIdle()
    return this.#series.read(names)
  }

  counts(): Http2SourceCounts {
    return {
      ...this.#connections.counts(),
      ...this.#tally,
      ...this.captures.counts(),
      other: this.#series.otherCount,
    }
  }

  readonly #onRecord = (words: Uint32Array, index: number, byteLength: number): void => {
    const at = this.#at
    if (byteLength < at.end) return
    const sizes = words[index + at.bytes]!
    const kind = words[index + at.sender]!
    const start = words.byteOffset + 4 * index + at.end
    this.#connections.take({
      connection: read64(words, index + at.connection),
      atNs: read64(words, index + at.atNs),
      server: words[index + at.server]!,
      peer: (kind >>> 8) & 0xff,
      client: words[index + at.client]! & 0xffff,
      sender: (kind & 0xff) === 0 ? 'client' : 'server',
      number: words[index + at.number]!,
      sequence: words[index + at.sequence]!,
      left: words[index + at.left]!,
      before: sizes >>> 16,
      flags: (kind >>> 16) & 0xff,
      bytes: new Uint8Array(words.buffer, start, Math.min(sizes & 0xffff, byteLength - at.end)),
    })
  }

  readonly #tell = (place: ExchangePlace, exchange: HttpExchange): void => {
    if (exchange.end === 'unknown') this.#tally.unknown++
    else if (exchange.isPushed) this.#tally.pushed++
    else {
      this.#tally.told++
      if (exchange.hasUnknownFields || exchange.requestStartNs === undefined) this.#tally.unknownFields++
      this.#series.add(place, exchange)
    }
  };

  [Symbol.dispose](): void {
    this.#polling[Symbol.dispose]()
    this.#reader[Symbol.dispose]()
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
    client: record.offset('client') / 4,
    end: record.bytes,
  } as const
}
