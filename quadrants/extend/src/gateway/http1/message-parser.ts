import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ChunkScanner } from './chunk-scanner.ts'
import { FramingFields } from './framing-fields.ts'
import { HeadScanner, INCOMPLETE, REFUSED } from './head-scanner.ts'
import { type Http1Error, type Http1ErrorCode, http1Error } from './http1-error.ts'
import { HTTP1_LIMITS, type Http1Limits } from './http1-limits.ts'
import type { Framing, HeadResult } from './request-head.ts'
import { readTrailers } from './trailers.ts'

/** Is told, during `execute`, what a message says. Strings and maps are its own; bytes are parts of those that came. */
export interface MessageHandler<Head> {
  head(head: Head): void
  /** Never empty. */
  body(chunk: Buffer): void
  /** Only where there are some. */
  trailers(trailers: HeaderMap): void
  /** The message is whole. Not called after an `upgrade`: what follows is no message. */
  end(): void
}

/** Nothing may come now. */
const IDLE = 0
const HEAD = 1
const LENGTH = 2
const CLOSE = 3
const CHUNK = 4
const CHUNK_DATA = 5
const TRAILERS = 6
/** Behind an upgrade: bytes are the caller's. */
const TUNNEL = 7
/** Behind the last request of a connection: bytes are nobody's (RFC 9112 9.6). */
const LAST = 8

const STATE_AFTER = {
  none: IDLE,
  length: LENGTH,
  chunked: CHUNK,
  close: CLOSE,
  upgrade: TUNNEL,
} as const satisfies Readonly<Record<Framing, number>>

/** Beginning of what is kept of a head that came in pieces; it doubles as it grows. */
const HELD_BYTES_MIN = 1024

interface ParsedHead {
  readonly framing: Framing
  readonly contentLength: number | undefined
  readonly isEnd: boolean
  readonly keepAlive: boolean
}

/**
 * Reads the messages of one direction of a connection, in any pieces. What is kept between two calls is a head that is not
 * whole yet, and nothing of a body.
 */
export abstract class MessageParser<Head extends ParsedHead> {
  protected readonly scanner: HeadScanner
  protected readonly fields = new FramingFields()
  readonly #kind: 'request' | 'response'
  readonly #handler: MessageHandler<Head>
  readonly #limits: Http1Limits
  readonly #chunks: ChunkScanner
  #state: number = IDLE
  /** Bytes of a length that are still to come. */
  #left = 0
  /** Of chunked content so far. */
  #bodyBytes = 0
  /** The head, or trailers, as far as they came in earlier pieces. */
  #held: Buffer | undefined
  #heldBytes = 0
  /** What the head of the message said. */
  #keepAlive = true
  #isPaused = false
  #error: Http1Error | undefined
  /** Bytes taken by earlier calls. */
  #offset = 0

  constructor(kind: 'request' | 'response', handler: MessageHandler<Head>, limits?: Partial<Http1Limits>) {
    this.#kind = kind
    this.#handler = handler
    this.#limits = { ...HTTP1_LIMITS, ...limits }
    this.scanner = new HeadScanner(this.#limits)
    this.#chunks = new ChunkScanner(this.#limits.chunkExtensionBytesMax)
  }

  /** Once there is one, nothing more is read: the connection is to be closed. */
  get error(): Http1Error | undefined {
    return this.#error
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Between two messages, where nothing of the next is here. */
  get isIdle(): boolean {
    return this.#state === IDLE || this.#state === LAST || (this.#state === HEAD && this.scanner.isBlank)
  }

  /** Whether the connection speaks something else by now. */
  get isTunnel(): boolean {
    return this.#state === TUNNEL
  }

  /** Memory for bytes of a message that is not whole: less than twice `headBytesMax`, whoever sends what. */
  get heldBytes(): number {
    return this.#held?.length ?? 0
  }

  /** After what is told just now nothing more is read. */
  pause(): void {
    this.#isPaused = true
  }

  /** `execute` goes on, with what it had left of the bytes. */
  resume(): void {
    this.#isPaused = false
  }

  /**
   * Returns how many of the bytes were taken: fewer than there are where it is paused, in a tunnel, behind the last
   * request, or where `error` is set.
   * The rest is to be given again. The bytes must not change while somebody has parts of them.
   */
  execute(bytes: Buffer): number {
    let at = 0
    const { length } = bytes
    while (at < length && !this.#isPaused && this.#error === undefined) {
      switch (this.#state) {
        case HEAD:
        case TRAILERS:
          at = this.#readSection(bytes, at)
          break
        case LENGTH:
        case CHUNK_DATA:
          at = this.#readData(bytes, at)
          break
        case CHUNK:
          at = this.#readChunkHead(bytes, at)
          break
        case CLOSE:
          this.#handler.body(at === 0 ? bytes : bytes.subarray(at))
          at = length
          break
        case IDLE:
          this.refuse('unexpected-response', at)
          break
        default:
          this.#offset += at
          return at
      }
    }
    this.#offset += at
    return at
  }

  /** The connection has ended. Returns what is wrong with that; a response without a length is whole now. */
  eof(): Http1Error | undefined {
    if (this.#error !== undefined || this.#state === TUNNEL) return this.#error
    if (this.isIdle && this.mayEnd) return undefined
    if (this.#state === CLOSE) {
      this.#state = IDLE
      this.#handler.end()
    } else this.refuse('premature-end', 0)
    return this.#error
  }

  /** Whether the connection may end where no message is under way. */
  protected abstract get mayEnd(): boolean

  /** Builds the head that `scanner` has found at `base`. */
  protected abstract readHead(bytes: Buffer, base: number): HeadResult<Head>

  /** Whether another head follows this one before the message begins. */
  protected abstract isInterim(head: Head): boolean

  /**
   * The message is whole, its handler does not know yet.
   *
   * @param keepAlive what its head said
   * @param restBytes that came behind it, from `at`
   */
  protected abstract ended(keepAlive: boolean, at: number, restBytes: number): void

  /** From the next byte on a message is read. */
  protected begin(): void {
    this.#state = HEAD
    this.scanner.begin(this.#kind)
  }

  /** No further message is read. */
  protected close(): void {
    this.#state = LAST
  }

  /** @param at of the byte, in the bytes of this call */
  protected refuse(code: Http1ErrorCode, at: number): void {
    this.#error = http1Error(code, this.#offset + at)
    this.#held = undefined
  }

  #readSection(bytes: Buffer, from: number): number {
    const { scanner } = this
    // Negative where it began in an earlier call.
    const start = from - scanner.length
    const end = scanner.scan(bytes, from)
    if (end === INCOMPLETE) {
      this.#hold(bytes, from, bytes.length)
      return bytes.length
    }
    if (end === REFUSED) {
      this.refuse(scanner.code, scanner.errorAt)
      return Math.max(from, scanner.errorAt)
    }
    let whole = bytes
    let base = from
    if (this.#held !== undefined) {
      this.#hold(bytes, from, end)
      whole = this.#held
      base = 0
      this.#held = undefined
      this.#heldBytes = 0
    }
    if (this.#state === TRAILERS) this.#endTrailers(whole, base, start, end, bytes.length)
    else this.#endHead(whole, base, start, end, bytes.length)
    return end
  }

  #hold(bytes: Buffer, from: number, to: number): void {
    const need = this.#heldBytes + to - from
    if (this.#held === undefined || this.#held.length < need) {
      let size = HELD_BYTES_MIN
      while (size < need) size *= 2
      const larger = Buffer.allocUnsafe(size)
      this.#held?.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldBytes, from, to)
    this.#heldBytes = need
  }

  #endHead(whole: Buffer, base: number, start: number, end: number, length: number): void {
    const head = this.readHead(whole, base)
    if ('code' in head) {
      this.refuse(head.code, start + head.at)
      return
    }
    const { framing, contentLength = 0, isEnd } = head
    if (this.isInterim(head)) {
      this.begin()
      this.#handler.head(head)
      return
    }
    this.#bodyBytes = 0
    this.#keepAlive = head.keepAlive
    if (framing === 'length') {
      if (contentLength > this.#limits.bodyBytesMax) {
        this.refuse('body-too-large', start)
        return
      }
      this.#left = contentLength
    }
    this.#state = STATE_AFTER[framing]
    if (framing === 'chunked') this.#chunks.begin()
    this.#handler.head(head)
    if (isEnd) this.#end(end, length)
  }

  #readData(bytes: Buffer, from: number): number {
    const { length } = bytes
    const end = Math.min(length, from + this.#left)
    this.#left -= end - from
    const isLast = this.#left === 0
    if (isLast && this.#state === CHUNK_DATA) this.#state = CHUNK
    this.#handler.body(from === 0 && end === length ? bytes : bytes.subarray(from, end))
    if (isLast && this.#state === LENGTH) this.#end(end, length)
    return end
  }

  #readChunkHead(bytes: Buffer, from: number): number {
    const chunks = this.#chunks
    const at = chunks.scan(bytes, from)
    if (chunks.code !== undefined) {
      this.refuse(chunks.code, at)
      return Math.max(from, at)
    }
    if (chunks.isLast) {
      this.#state = TRAILERS
      this.scanner.begin('trailers')
    } else if (chunks.isAtData) {
      this.#bodyBytes += chunks.size
      if (this.#bodyBytes > this.#limits.bodyBytesMax) this.refuse('body-too-large', at)
      this.#left = chunks.size
      this.#state = CHUNK_DATA
    }
    return at
  }

  #endTrailers(whole: Buffer, base: number, start: number, end: number, length: number): void {
    const trailers = readTrailers(this.scanner, whole, base)
    if (typeof trailers === 'number') {
      this.refuse('forbidden-trailer', start + trailers)
      return
    }
    if (trailers.size > 0) this.#handler.trailers(trailers)
    this.#end(end, length)
  }

  #end(at: number, length: number): void {
    this.#state = IDLE
    this.ended(this.#keepAlive, at, length - at)
    this.#handler.end()
  }
}
