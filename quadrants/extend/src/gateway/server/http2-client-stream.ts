import { constants, type ServerHttp2Stream } from 'node:http2'
import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'
import { ResponseFlag } from '../access-log/response-flag.ts'
import { Exchange } from '../exchange/exchange.ts'
import type { ClientStream } from '../exchange/client-stream.ts'
import type { ExchangeSettings } from '../exchange/exchange-settings.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import { contentLengthOf, headerMapOf, rawFieldsOf, type RawFields } from '../http2/raw-fields.ts'

/** The connection that a stream is on. */
export interface Http2StreamOwner {
  readonly info: ConnectionInfo
  readonly settings: ExchangeSettings
  /** @param isReset by the client, before it had its answer */
  onStreamClose(isReset: boolean): void
}

const OWNER = Symbol('owner')
type OwnedStream = ServerHttp2Stream & { [OWNER]: Http2ClientStream }

/** One stream of a client's connection of HTTP/2. */
export class Http2ClientStream implements ClientStream, DeadlineOwner {
  readonly connection: ConnectionInfo
  readonly protocol = 'HTTP/2'
  readonly #owner: Http2StreamOwner
  readonly #stream: ServerHttp2Stream
  readonly #exchange: Exchange
  #pendingHead: HeaderMap | undefined
  #requestTrailers: HeaderMap | undefined
  #responseTrailers: HeaderMap | undefined
  #isRequestEnded: boolean
  /** Of the request's body; NaN: not known. */
  #leftBytes: number
  #isResponseEnded = false
  #isFull = false
  /** Of the whole of the request; undefined where it came with its head. Then of what is still to go out. */
  #deadline: Deadline | undefined

  constructor(owner: Http2StreamOwner, stream: ServerHttp2Stream, raw: RawFields) {
    this.#owner = owner
    this.connection = owner.info
    this.#stream = stream
    this.#isRequestEnded = stream.endAfterHeaders
    const owned = stream as OwnedStream
    owned[OWNER] = this
    stream.on('close', onClose)
    stream.on('error', onError)
    const headers = headerMapOf(raw)
    this.#leftBytes = contentLengthOf(headers)
    const isConnect = headers.get(':method') === 'CONNECT'
    this.#exchange = new Exchange(owner.settings, this, headers, isConnect ? 'connect' : undefined)
    if (!this.#isRequestEnded) {
      const { thread, listener } = owner.settings
      this.#deadline = new Deadline(this)
      thread.wheel.set(this.#deadline, listener.timeouts.requestMs)
      stream.on('data', onData)
      stream.on('end', onEnd)
      stream.on('trailers', onTrailers)
    }
    this.#exchange.begin(this.#isRequestEnded)
  }

  interim(headers: HeaderMap): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed || stream.headersSent) return
    try {
      stream.additionalHeaders(fieldsOf(headers))
    } catch {
      // What cannot be said is left out: the response is whole without it.
    }
  }

  responseHead(headers: HeaderMap, isEnd: boolean): void {
    this.#pendingHead = headers
    if (isEnd) this.#begin(true, true)
  }

  responseBody(bytes: Uint8Array, isEnd: boolean): boolean {
    if (this.#pendingHead !== undefined) this.#begin(isEnd, isEnd && bytes.length === 0)
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return true
    // node:http2 writes it later.
    const kept = this.#owner.settings.thread.transport.keep(bytes)
    if (isEnd) {
      if (kept.length > 0) stream.end(kept)
      else if (!stream.writableEnded) stream.end()
      this.#endResponse()
      return true
    }
    if (kept.length > 0) this.#isFull = !stream.write(kept)
    return !this.#isFull
  }

  responseTrailers(headers: HeaderMap): void {
    this.flush()
    this.#responseTrailers = headers
    this.#stream.end()
    this.#endResponse()
  }

  flush(): void {
    if (this.#pendingHead !== undefined) this.#begin(false, false)
  }

  continueRequest(): void {
    if (this.#exchange.record.requestHeaders.get('expect') === undefined) return
    this.#exchange.record.requestHeaders.remove('expect')
    const stream = this.#stream
    if (!stream.closed && !stream.destroyed && !stream.headersSent)
      stream.additionalHeaders({ ':status': 100 })
  }

  holdRequest(isHeld: boolean): void {
    if (this.#isRequestEnded) return
    if (isHeld) this.#stream.pause()
    else this.#stream.resume()
  }

  reset(): void {
    // `close` would end the body first, and then it would look whole.
    this.#stream.destroy(new Error('reset'))
  }

  onDeadline(): void {
    const { stats } = this.#owner.settings
    if (this.#isResponseEnded) {
      stats.flushTimeouts++
      this.#stream.destroy(new Error('the client does not read'))
    } else if (!this.#isRequestEnded && !this.#exchange.isOver) {
      stats.requestTimeouts++
      this.#exchange.onRequestTimeout()
    }
  }

  onData(bytes: Buffer): void {
    this.#leftBytes -= bytes.length
    // Where the length is said there is no need to wait for the end of the stream.
    if (this.#leftBytes === 0) this.#isRequestEnded = true
    this.#exchange.onRequestBody(bytes, this.#isRequestEnded)
    this.#exchange.onRequestPause()
  }

  onEnd(): void {
    if (this.#isRequestEnded) return
    // Node tells of an end, too, where the connection is gone: what was cut off is no whole request.
    if (this.#stream.aborted || this.#stream.destroyed || this.#stream.session?.destroyed !== false) return
    this.#isRequestEnded = true
    if (this.#requestTrailers === undefined) this.#exchange.onRequestBody(NOTHING, true)
    else this.#exchange.onRequestTrailers(this.#requestTrailers)
    this.#exchange.onRequestPause()
  }

  onTrailers(trailers: HeaderMap): void {
    this.#requestTrailers = trailers
  }

  onDrain(): void {
    this.#isFull = false
    this.#exchange.onClientWritable()
  }

  onWantTrailers(): void {
    const trailers = this.#responseTrailers
    try {
      this.#stream.sendTrailers(trailers === undefined ? {} : fieldsOf(trailers))
      // Not in the same turn: node:http2 would send that first.
      if (!this.#isRequestEnded) setImmediate(() => this.#giveUpRequest())
    } catch {
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    }
  }

  onClose(): void {
    const { rstCode } = this.#stream
    const isReset = rstCode !== constants.NGHTTP2_NO_ERROR && !this.#isResponseEnded
    const flag = isReset ? ResponseFlag.downstreamRemoteReset : ResponseFlag.downstreamConnectionTermination
    const details = isReset ? 'http2.remote_reset' : 'downstream_remote_disconnect'
    const isOurs = this.#exchange.isOver
    if (this.#deadline !== undefined) this.#owner.settings.thread.wheel.clear(this.#deadline)
    this.#exchange.onClientGone(flag, details)
    this.#owner.onStreamClose(isReset && !isOurs)
  }

  /** @param isWhole nothing comes but what is there @param isEmpty and that is nothing */
  #begin(isWhole: boolean, isEmpty: boolean): void {
    const headers = this.#pendingHead!
    this.#pendingHead = undefined
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    // Where the length is said nobody has trailers; elsewhere they may come.
    const waitForTrailers = !isWhole && !headers.has('content-length')
    try {
      stream.respond(rawFieldsOf(headers), { endStream: isEmpty, waitForTrailers })
    } catch (error) {
      // A filter has put in what no head may have.
      this.#owner.settings.stats.protocolError(`http2.${(error as NodeJS.ErrnoException).code ?? 'head'}`)
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      return
    }
    if (isEmpty) this.#endResponse()
    if (isWhole) return
    stream.on('drain', onDrain)
    if (waitForTrailers) stream.on('wantTrailers', onWantTrailers)
  }

  #endResponse(): void {
    this.#isResponseEnded = true
    // Whoever gives no window for it would keep its last bytes here for ever.
    if (this.#stream.writableLength > 0) {
      const { thread, listener } = this.#owner.settings
      this.#deadline ??= new Deadline(this)
      thread.wheel.set(this.#deadline, listener.timeouts.streamIdleMs)
    }
    // Trailers are still to go out.
    if (this.#responseTrailers === undefined) this.#giveUpRequest()
  }

  /** Whatever is left of the request has nobody to go to (RFC 9113 8.1). */
  #giveUpRequest(): void {
    if (!this.#isRequestEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }
}

function fieldsOf(headers: HeaderMap): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const name of headers.names) {
    const values = headers.getAll(name)
    fields[name] = values.length === 1 ? values[0]! : [...values]
  }
  return fields
}

// Listeners that all streams share: none is made for each of them.

function onData(this: ServerHttp2Stream, bytes: Buffer): void {
  ;(this as OwnedStream)[OWNER].onData(bytes)
}

function onEnd(this: ServerHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onEnd()
}

function onTrailers(this: ServerHttp2Stream, _fields: unknown, _flags: number, raw?: RawFields): void {
  ;(this as OwnedStream)[OWNER].onTrailers(headerMapOf(raw ?? []))
}

function onDrain(this: ServerHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onDrain()
}

function onWantTrailers(this: ServerHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onWantTrailers()
}

function onClose(this: ServerHttp2Stream): void {
  ;(this as OwnedStream)[OWNER].onClose()
}

/** `close` follows, and says what there is to say. */
function onError(): void {}

const NOTHING = new Uint8Array(0)
