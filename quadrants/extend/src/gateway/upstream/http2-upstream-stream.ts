import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { INTERIM_COUNT_MAX } from '../http1/response-parser.ts'
import { contentLengthOf, headerMapOf, rawFieldsOf, type RawFields } from '../http2/raw-fields.ts'
import { Deadline, type DeadlineOwner, type DeadlineWheel } from '../time/deadline-wheel.ts'
import { addressText } from '../transport/address-text.ts'
import type { StreamFailure, UpstreamHandler, UpstreamStream } from './upstream-stream.ts'

/** A connection, as its streams know it. */
export interface Http2StreamConnection {
  readonly wheel: DeadlineWheel
  onStreamClose(): void
}

const OWNER = Symbol('owner')
type OwnedStream = ClientHttp2Stream & { [OWNER]: Http2UpstreamStream }

/** Between the last byte of a body, by its length, and the end of its stream: most endpoints send both at once. */
const END_MS_MAX = 5000

/** One request on a connection of HTTP/2 to an endpoint. */
export class Http2UpstreamStream implements UpstreamStream, DeadlineOwner {
  readonly #connection: Http2StreamConnection
  readonly #session: ClientHttp2Session
  #handler: UpstreamHandler | undefined
  #stream: ClientHttp2Stream | undefined
  #trailers: HeaderMap | undefined
  #requestTrailers: HeaderMap | undefined
  /** Of the body; NaN: not known. */
  #leftBytes = Number.NaN
  #interimCount = 0
  #isHeld = false
  /** It was over when the response could go on: its end says nothing of how. */
  #wasClosedWhileHeld = false
  #isClosed = false
  /** Of an answer that is whole, and whose stream has not ended. */
  #endDeadline: Deadline | undefined

  constructor(connection: Http2StreamConnection, session: ClientHttp2Session, handler: UpstreamHandler) {
    this.#connection = connection
    this.#session = session
    this.#handler = handler
  }

  get localAddress(): string | undefined {
    if (this.#session.destroyed) return undefined
    const { localAddress, localPort } = this.#session.socket
    return localAddress === undefined || localPort === undefined
      ? undefined
      : addressText(localAddress, localPort)
  }

  requestHead(headers: HeaderMap, isEnd: boolean): void {
    let stream: ClientHttp2Stream
    try {
      stream = this.#session.request(rawFieldsOf(headers), {
        endStream: isEnd,
        // Few clients say that there will be some, and a filter may add them.
        waitForTrailers: !isEnd,
      })
    } catch (error) {
      this.#fail('protocol', `http2.${(error as NodeJS.ErrnoException).code ?? 'head'}`)
      this.onClose()
      return
    }
    this.#stream = stream
    const owned = stream as OwnedStream
    owned[OWNER] = this
    stream.on('headers', onHeaders)
    stream.on('response', onResponse)
    stream.on('data', onData)
    stream.on('end', onEnd)
    stream.on('trailers', onTrailers)
    stream.on('close', onClose)
    stream.on('error', onError)
    if (!isEnd) {
      stream.on('drain', onDrain)
      stream.on('wantTrailers', onWantTrailers)
    }
    if (this.#isHeld) stream.pause()
  }

  requestBody(bytes: Uint8Array, isEnd: boolean): boolean {
    const stream = this.#stream
    if (stream === undefined || stream.destroyed || stream.writableEnded) return true
    if (!isEnd) return bytes.length === 0 || stream.write(bytes)
    if (bytes.length === 0) stream.end()
    else stream.end(bytes)
    return true
  }

  requestTrailers(trailers: HeaderMap): void {
    this.#requestTrailers = trailers
    this.requestBody(NOTHING, true)
  }

  flush(): void {}

  holdResponse(isHeld: boolean): void {
    this.#isHeld = isHeld
    const stream = this.#stream
    if (stream === undefined) return
    if (isHeld) stream.pause()
    else {
      if (stream.closed) this.#wasClosedWhileHeld = true
      stream.resume()
    }
  }

  reset(): void {
    const stream = this.#stream
    this.#handler = undefined
    if (stream === undefined) this.onClose()
    else if (stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL)
    // `close` would end the body first, and then the request would look whole.
    else stream.destroy(new Error('reset'))
  }

  onHeaders(headers: HeaderMap): void {
    if (headers.get(':status') === '100') return
    if (++this.#interimCount > INTERIM_COUNT_MAX) this.#stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    else this.#handler?.onInterim(headers)
  }

  onResponse(headers: HeaderMap, isEnd: boolean): void {
    this.#leftBytes = contentLengthOf(headers)
    this.#handler?.onResponseHead(headers, isEnd)
    if (isEnd) this.#endResponse(true)
    else this.#handler?.onResponsePause()
  }

  onData(bytes: Buffer): void {
    const handler = this.#handler
    if (handler === undefined) return
    this.#leftBytes -= bytes.length
    // Where the length is said there is no need to wait for the end of the stream.
    const isEnd = this.#leftBytes === 0
    if (isEnd) this.#handler = undefined
    handler.onResponseBody(bytes, isEnd)
    handler.onResponsePause()
    if (isEnd) this.#endResponse(false)
  }

  onTrailers(trailers: HeaderMap): void {
    this.#trailers = trailers
  }

  onEnd(): void {
    const handler = this.#handler
    const stream = this.#stream!
    // A stream that is torn down ends, too.
    if (handler === undefined || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return
    if (stream.aborted || this.#session.destroyed) return
    // So does one that was reset without an error: it was closed first, where END_STREAM is told before the close.
    if (stream.closed && !this.#wasClosedWhileHeld && this.#trailers === undefined) return
    this.#handler = undefined
    if (this.#trailers === undefined) handler.onResponseBody(NOTHING, true)
    else handler.onResponseTrailers(this.#trailers)
    this.#endResponse(true)
  }

  onDrain(): void {
    this.#handler?.onRequestWritable()
  }

  onWantTrailers(): void {
    const fields: Record<string, string> = Object.create(null)
    for (const [name, value] of this.#requestTrailers ?? []) fields[name] = value
    try {
      this.#stream?.sendTrailers(fields)
    } catch {
      // A filter has put in what no trailers may have.
      this.#stream?.close(constants.NGHTTP2_INTERNAL_ERROR)
    }
  }

  /** The endpoint has said all, and keeps the stream. */
  onDeadline(): void {
    this.#stream?.close(constants.NGHTTP2_CANCEL)
  }

  onClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#endDeadline !== undefined) this.#connection.wheel.clear(this.#endDeadline)
    const code = this.#stream?.rstCode ?? constants.NGHTTP2_NO_ERROR
    const failure: StreamFailure =
      code === constants.NGHTTP2_REFUSED_STREAM
        ? 'refused'
        : this.#session.destroyed || code === constants.NGHTTP2_NO_ERROR
          ? 'reset'
          : code === constants.NGHTTP2_PROTOCOL_ERROR
            ? 'protocol'
            : 'remote-reset'
    this.#fail(failure, `http2.${code}`)
    this.#connection.onStreamClose()
  }

  /** Whatever is left of the request nobody waits for, and not for ever for a stream that does not end. */
  #endResponse(isStreamEnded: boolean): void {
    this.#handler = undefined
    const stream = this.#stream
    if (this.#isClosed || stream === undefined) return
    if (!stream.writableEnded) this.reset()
    else if (!stream.closed && !(isStreamEnded && stream.writableFinished)) {
      this.#endDeadline = new Deadline(this)
      this.#connection.wheel.set(this.#endDeadline, END_MS_MAX)
    }
  }

  #fail(failure: StreamFailure, reason: string): void {
    const handler = this.#handler
    this.#handler = undefined
    handler?.onStreamFailure(failure, reason)
  }
}

function onHeaders(this: ClientHttp2Stream, _fields: unknown, _flags: number, raw?: RawFields): void {
  ;(this as OwnedStream)[OWNER].onHeaders(headerMapOf(raw ?? []))
}

function onResponse(this: ClientHttp2Stream, _fields: unknown, flags: number, raw?: RawFields): void {
  const isEnd = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
  ;(this as OwnedStream)[OWNER].onResponse(headerMapOf(raw ?? []), isEnd)
}

function onData(this: ClientHttp2Stream, bytes: Buffer): void {
  ;(this as OwnedStream)[OWNER].onData(bytes)
}

function onTrailers(this: ClientHttp2Stream, _fields: unknown, _flags: number, raw?: RawFields): void {
  ;(this as OwnedStream)[OWNER].onTrailers(headerMapOf(raw ?? []))
}

function onEnd(this: ClientHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onEnd()
}

function onDrain(this: ClientHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onDrain()
}

function onWantTrailers(this: ClientHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onWantTrailers()
}

function onClose(this: ClientHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onClose()
}

/** `close` follows, and says what there is to say. */
function onError(): void {}

const NOTHING = new Uint8Array(0)
