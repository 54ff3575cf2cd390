import type { ExchangeEnd, HttpExchange } from './http-exchange.ts'
import { OpenStream } from './open-stream.ts'

/** Exchanges so far: `seen = kept + open + overflow`. */
export interface ExchangeCounts {
  readonly seen: number
  /** Told. */
  readonly kept: number
  readonly open: number
  /** Not looked at: too many were open. */
  readonly overflow: number
}

/** The exchanges of one connection that are not over. */
export class StreamTable {
  readonly #streams = new Map<number, OpenStream>()
  readonly #streamsMax: number
  readonly #tell: (exchange: HttpExchange) => void
  #seen = 0
  #kept = 0
  #overflow = 0

  constructor(streamsMax: number, tell: (exchange: HttpExchange) => void) {
    this.#streamsMax = streamsMax
    this.#tell = tell
  }

  counts(): ExchangeCounts {
    return { seen: this.#seen, kept: this.#kept, open: this.#streams.size, overflow: this.#overflow }
  }

  get isFull(): boolean {
    return this.#streams.size >= this.#streamsMax
  }

  get(streamId: number): OpenStream | undefined {
    return this.#streams.get(streamId)
  }

  /** Undefined: there are too many; it is counted. */
  open(streamId: number, isPushed: boolean): OpenStream | undefined {
    this.#seen++
    if (this.isFull) {
      this.#overflow++
      return undefined
    }
    const stream = new OpenStream(streamId, isPushed)
    this.#streams.set(streamId, stream)
    return stream
  }

  /** Ends the exchange and tells it. A response that came to its end is complete, whatever came after it. */
  end(stream: OpenStream, end: ExchangeEnd, timeNs: number): void {
    this.#streams.delete(stream.streamId)
    stream.end = stream.responseEndNs === undefined ? end : 'complete'
    stream.endNs = timeNs
    this.#kept++
    stream.tellEnd()
    this.#tell(stream)
  }

  endAll(end: ExchangeEnd, timeNs: number, which: (stream: OpenStream) => boolean = () => true): void {
    for (const stream of this.#streams.values()) if (which(stream)) this.end(stream, end, timeNs)
  }
}
