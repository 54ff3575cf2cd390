import { type Framing, HeadBuilder, type Http1Head } from './http1-head.ts'

/** Of one line, and of all lines of a head or of trailers. */
const LINE_BYTES_MAX = 16_384
const HEAD_BYTES_MAX = 65_536
const LF = 10

/** Is told what one direction of a connection says. */
export interface MessageSink {
  /** @returns what frames the body; undefined: this cannot be, and the direction is out of step */
  head(head: Http1Head, startNs: number): Framing | undefined
  body(byteCount: number): void
  end(timeNs: number): void
  /** Whether a message of this direction can come now, where it is out of step. */
  mayStart(): boolean
  /** Out of step: what is open of this direction is not known. */
  lost(reason: 'missing' | 'malformed'): void
}

type State =
  | 'start'
  | 'fields'
  | 'body'
  | 'chunk'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'close'
  | 'tunnel'
  | 'lost'

export interface MessageReaderOptions {
  readonly isRequest: boolean
  /** Whether its first byte begins a message. */
  readonly isFromStart: boolean
}

/**
 * Reads one direction of a connection of HTTP/1 (RFC 9112), whatever pieces it comes in. What it cannot be sure of it does
 * not read: after bytes that are missing, other than of a body whose length is known, it waits for the bytes of a call that
 * begin with a message, see `#tryStart`.
 */
export class MessageReader {
  readonly #isRequest: boolean
  readonly #sink: MessageSink
  readonly #builder: HeadBuilder
  #state: State
  /** Came in step by a guess so far: the head that is being read must prove it. */
  #isTried = false
  #line = ''
  #headBytes = 0
  #startNs = 0
  /** Of a body or chunk. */
  #left = 0

  constructor(sink: MessageSink, { isRequest, isFromStart }: MessageReaderOptions) {
    this.#isRequest = isRequest
    this.#sink = sink
    this.#builder = new HeadBuilder(isRequest)
    this.#state = isFromStart ? 'start' : 'lost'
  }

  /** Whether heads that begin from now on are told with all their fields. */
  collect(isCollecting: boolean): void {
    this.#builder.isCollecting = isCollecting
  }

  /** @param isCallStart whether they are the first of a call: only there a message may begin again after a loss */
  push(bytes: Uint8Array, timeNs: number, isCallStart: boolean): void {
    let at = 0
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (this.#state === 'lost' && !(isCallStart && this.#tryStart(bytes))) return
    while (at < bytes.length) {
      switch (this.#state) {
        case 'lost':
        case 'tunnel':
          return
        case 'close':
          this.#sink.body(bytes.length - at)
          return
        case 'body':
        case 'chunk-data':
          at += this.#skip(bytes.length - at, timeNs)
          break
        default:
          at = this.#readLine(buffer, at, timeNs)
      }
    }
  }

  /** So many bytes come next that nobody has. */
  miss(byteCount: number, timeNs: number): void {
    const state = this.#state
    if (state === 'lost' || state === 'tunnel') return
    if (state === 'close') this.#sink.body(byteCount)
    else if ((state === 'body' || state === 'chunk-data') && byteCount <= this.#left)
      this.#skip(byteCount, timeNs)
    else this.#lose('missing')
  }

  /** Nothing more comes: that may end the message. */
  close(timeNs: number): void {
    if (this.#state !== 'close') return
    this.#state = 'start'
    this.#sink.end(timeNs)
  }

  /** Out of step from here on, by what the other direction said. */
  lose(): void {
    this.#reset('lost')
  }

  /** What comes is another protocol. */
  becomeTunnel(): void {
    this.#reset('tunnel')
  }

  /** A request begins with a letter, a response with `HTTP/1.`; what follows has to be a whole head without a fault. */
  #tryStart(bytes: Uint8Array): boolean {
    const first = bytes[0] ?? 0
    const mayBe = this.#isRequest ? first >= 65 && first <= 90 : first === 72
    if (!mayBe || !this.#sink.mayStart()) return false
    this.#reset('start')
    this.#isTried = true
    return true
  }

  /** Takes what there is of a body; how many bytes. */
  #skip(available: number, timeNs: number): number {
    const count = Math.min(available, this.#left)
    this.#left -= count
    this.#sink.body(count)
    if (this.#left > 0) return count
    if (this.#state === 'chunk-data') this.#state = 'chunk-end'
    else this.#end(timeNs)
    return count
  }

  #readLine(bytes: Buffer, at: number, timeNs: number): number {
    if (this.#state === 'start' && this.#line === '') this.#startNs = timeNs
    const end = bytes.indexOf(LF, at)
    const stop = end < 0 ? bytes.length : end
    const size = stop - at
    this.#headBytes += size
    if (this.#line.length + size > LINE_BYTES_MAX || this.#headBytes > HEAD_BYTES_MAX) {
      this.#lose('malformed')
      return bytes.length
    }
    const piece = bytes.toString('latin1', at, stop)
    this.#line = this.#line === '' ? piece : this.#line + piece
    if (end < 0) return bytes.length
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    this.#takeLine(line, timeNs, stop + 1 === bytes.length)
    return stop + 1
  }

  #takeLine(line: string, timeNs: number, isLast: boolean): void {
    switch (this.#state) {
      case 'start':
        // Empty lines before a request (RFC 9112, section 2.2).
        if (line === '' && !this.#isTried) return
        if (this.#builder.add(line)) this.#state = 'fields'
        else this.#lose('malformed')
        return
      case 'fields':
        if (line === '') this.#takeHead(timeNs, isLast)
        else if (!this.#builder.add(line)) this.#lose('malformed')
        return
      case 'chunk':
        this.#takeChunkSize(line)
        return
      case 'chunk-end':
        if (line === '') this.#beginChunk()
        else this.#lose('malformed')
        return
      case 'trailers':
        if (line === '') this.#end(timeNs)
        return
      default:
    }
  }

  #takeHead(timeNs: number, isLast: boolean): void {
    const head = this.#builder.take()
    this.#headBytes = 0
    if (this.#isTried && !this.#isSure(head, isLast)) {
      this.#lose('malformed')
      return
    }
    this.#isTried = false
    const framing = this.#sink.head(head, this.#startNs)
    if (framing === undefined) this.#reset('lost')
    else if (framing === 'unknown') this.#lose('missing')
    else if (framing === 'tunnel') this.#state = 'tunnel'
    else if (framing === 'close') this.#state = 'close'
    else if (framing === 'chunked') this.#beginChunk()
    else if (framing === 0) this.#end(timeNs)
    else {
      this.#left = framing
      this.#state = 'body'
    }
  }

  /** A body may look like a message: a request alone in its call, with a host, is none. */
  #isSure({ version, host, contentLength = 0, coding }: Http1Head, isLast: boolean): boolean {
    if (!this.#isRequest) return true
    return (version === '1.0' || host !== undefined) && (isLast || contentLength > 0 || coding !== undefined)
  }

  #beginChunk(): void {
    this.#headBytes = 0
    this.#state = 'chunk'
  }

  #takeChunkSize(line: string): void {
    const size = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line)
    this.#headBytes = 0
    if (size === null) {
      this.#lose('malformed')
      return
    }
    this.#left = Number.parseInt(size[1]!, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data'
  }

  #end(timeNs: number): void {
    this.#reset('start')
    this.#sink.end(timeNs)
  }

  #lose(reason: 'missing' | 'malformed'): void {
    // What was tried and is none was not in step before either.
    const wasTried = this.#isTried
    this.#reset('lost')
    if (!wasTried) this.#sink.lost(reason)
  }

  #reset(state: State): void {
    this.#state = state
    this.#isTried = false
    this.#line = ''
    this.#headBytes = 0
    this.#left = 0
    this.#builder.clear()
  }
}
