import { EbpfError, openRingBuffer, ReaderThread, type RecordReader, type RingMap } from '@quadrant/ebpf'
import { GC_FIGURES_BYTES, type GcEvent, readGcEvent } from './gc-record.ts'

/** Who takes what comes out of the ring. */
export interface FeedSink {
  /** @param delayUs from the kernel's stamp to JavaScript; undefined of records that were not waited for */
  event(event: GcEvent, delayUs: number | undefined): void
  unreadable(): void
}

/** Records of a ring, as events. The ring must stay open until it has ended. */
export interface GcFeed {
  /** Tells those that wait, or were told since the last call; how many. */
  poll(): number
  /** Ends it; a promise where that takes a moment. */
  end(): Promise<void> | undefined
}

/** Of one poll, some 10 ms: where a program writes faster than we read, somebody has to get round to detaching it. */
const POLLED_RECORDS_MAX = 4096

/** Reads when it is polled. */
export class PolledFeed implements GcFeed {
  readonly #reader: RecordReader
  readonly #sink: FeedSink
  readonly #monotonicNs: () => number

  constructor(map: RingMap, sink: FeedSink, monotonicNs: () => number) {
    this.#reader = openRingBuffer(map)
    this.#sink = sink
    this.#monotonicNs = monotonicNs
  }

  poll(): number {
    return this.#reader.drain(this.#onRecord, POLLED_RECORDS_MAX)
  }

  readonly #onRecord = (words: Uint32Array, at: number, byteLength: number): void => {
    const event = readGcEvent(words, at, byteLength)
    if (event === undefined) return this.#sink.unreadable()
    const delayUs = event.tells ? (this.#monotonicNs() - event.ts) / 1000 : undefined
    this.#sink.event(event, delayUs)
  }

  end(): undefined {
    this.#reader[Symbol.dispose]()
  }
}

/** As those of `ReaderThread`. */
export interface ThreadFeedOptions {
  /** Look for records so long before sleeping, after each time there was one. Default 0. */
  readonly spinMs?: number
  /** Run before all ordinary threads: on a busy machine it is not late. Not with `spinMs`. Default false. */
  readonly realtime?: boolean
}

/** The records that the thread found at one time. */
export interface ThreadBatch {
  /** One behind the other, each cut to the longest that is ours. */
  readonly words: Uint32Array<ArrayBuffer>
  readonly byteLengths: Uint16Array<ArrayBuffer>
  /** When those that tell something were seen, µs of the kernel's clock; 0 for others, and what was there before. */
  readonly seenUs: Float64Array<ArrayBuffer>
}

/** Reads in a thread of its own, that the kernel wakes: see gc-reader.ts. */
export class ThreadFeed implements GcFeed {
  readonly #thread: ReaderThread
  #count = 0
  #error: Error | undefined

  constructor(map: RingMap, sink: FeedSink, { spinMs, realtime }: ThreadFeedOptions) {
    this.#thread = new ReaderThread(new URL('./gc-reader.ts', import.meta.url), {
      map,
      spinMs,
      realtime,
      name: 'quadrant-gc',
    })
    this.#thread.worker.on('error', (error: Error) => (this.#error = error))
    this.#thread.worker.on('message', ({ words, byteLengths, seenUs }: ThreadBatch) => {
      this.#count += byteLengths.length
      let at = 0
      for (const [i, byteLength] of byteLengths.entries()) {
        const event = readGcEvent(words, at, byteLength)
        if (event === undefined) sink.unreadable()
        else sink.event(event, seenUs[i]! > 0 ? seenUs[i]! - event.ts / 1000 : undefined)
        at += Math.min(byteLength, GC_FIGURES_BYTES) >>> 2
      }
    })
  }

  /** @throws {EbpfError} what ended the thread */
  poll(): number {
    if (this.#error !== undefined) throw EbpfError.from(this.#error)
    const count = this.#count
    this.#count = 0
    return count
  }

  end(): Promise<void> {
    return this.#thread[Symbol.asyncDispose]()
  }
}
