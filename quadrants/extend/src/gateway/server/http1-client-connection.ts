import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'
import { ResponseFlag } from '../access-log/response-flag.ts'
import { Exchange } from '../exchange/exchange.ts'
import type { ClientStream } from '../exchange/client-stream.ts'
import { ExchangeRecord } from '../exchange/exchange-record.ts'
import type { ExchangeSettings } from '../exchange/exchange-settings.ts'
import { removeHopByHop } from '../http1/connection-options.ts'
import type { Http1Error } from '../http1/http1-error.ts'
import type { MessageHandler } from '../http1/message-parser.ts'
import type { RequestHead } from '../http1/request-head.ts'
import { RequestParser } from '../http1/request-parser.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import { CHUNK_END, chunkHead, LAST_CHUNK, lastChunk } from '../http1/chunk-writer.ts'
import { responseHead, type WrittenConnection, type WrittenFraming } from '../http1/head-writer.ts'
import { connectionInfo } from './connection-info.ts'
import type { ClientConnection, ClientConnectionOwner } from './client-connection.ts'

/** How long a client may go on sending after its last answer, which a reset would take from it (RFC 9112 9.6). */
const LINGER_MS = 1000
/** And how much. */
const LINGER_BYTES_MAX = 1 << 20

/** So much of a request that is answered already is read for nothing, to keep the connection. */
const SKIPPED_BYTES_MAX = 64 << 10

/** What the connection waits for; each has its own time. */
const Phase = {
  /** The next request. */
  idle: 0,
  /** The rest of a head. */
  head: 1,
  /** The rest of a request. */
  request: 2,
  /** The answer, or its reader: the exchange has its own times. */
  answer: 3,
  /** The client to close. */
  linger: 4,
} as const
type Phase = (typeof Phase)[keyof typeof Phase]

/**
 * A client's connection of HTTP/1.1. One exchange at a time: what a client sends ahead of the answer waits, and then its
 * connection is not read, so that answers are in order and nothing piles up.
 */
export class Http1ClientConnection
  implements ClientConnection, ConnectionHandler, MessageHandler<RequestHead>, ClientStream, DeadlineOwner
{
  readonly connection: ConnectionInfo
  protocol = 'HTTP/1.1'
  readonly #owner: ClientConnectionOwner
  readonly #socket: Connection
  readonly #parser: RequestParser
  readonly #deadline: Deadline
  readonly #bornMs: number
  #settings: ExchangeSettings
  #phase: Phase = Phase.idle
  #phaseSinceMs: number
  #exchange: Exchange | undefined
  /** Came ahead of the answer to what was before it. */
  #rest: Buffer | undefined
  #isReading = false
  #isHeld = false
  #isPaused = false
  #isInputEnded = false
  #isDraining = false
  #isTunnel = false
  #requestCount = 0
  #lingerBytes = 0
  // Of the request that is under way.
  #isHead = false
  #isRequestEnded = true
  #leftBytes = -1
  #isKeptAlive = false
  #isContinueWanted = false
  // Of its response.
  #pendingHead: Buffer | undefined
  #isChunked = false
  /** What the head has said of the body and is not written yet; Infinity where it said nothing. */
  #unwrittenBytes = Infinity
  #isBodiless = false
  /** The end of the connection is the end of the body. */
  #isCloseDelimited = false
  #isLast = false

  constructor(owner: ClientConnectionOwner, socket: Connection) {
    this.#owner = owner
    this.#socket = socket
    this.connection = connectionInfo(socket)
    this.#settings = owner.settings
    const { thread, listener } = this.#settings
    const { headBytesMax, headFieldsMax } = listener.limits
    this.#parser = new RequestParser(this, {
      scheme: socket.tls === undefined ? 'http' : 'https',
      limits: { headBytesMax, fieldCountMax: headFieldsMax },
    })
    this.#deadline = new Deadline(this)
    this.#bornMs = thread.wheel.nowMs
    this.#phaseSinceMs = this.#bornMs
    this.#arm()
    socket.setHandler(this)
  }

  drain(): void {
    this.#isDraining = true
    if (this.#phase === Phase.idle && this.#exchange === undefined) this.#closeInOrder()
  }

  close(): void {
    this.#socket.close()
  }

  // Of the connection.

  onConnect(): void {}

  onData(bytes: Buffer): void {
    if (this.#phase === Phase.linger) {
      this.#lingerBytes += bytes.length
      if (this.#lingerBytes > LINGER_BYTES_MAX) this.#socket.close()
    } else if (this.#isTunnel) {
      this.#exchange?.onRequestBody(bytes, false)
      this.#exchange?.onRequestPause()
    } else if (this.#rest !== undefined) {
      this.#rest = Buffer.concat([this.#rest, bytes])
      this.#pauseOrResume()
    } else this.#read(bytes)
  }

  onEnd(): void {
    this.#isInputEnded = true
    if (this.#isTunnel) this.#exchange?.onRequestBody(NOTHING, true)
    else if (this.#phase === Phase.linger) return
    else if (this.#exchange === undefined) this.#socket.close()
    else if (!this.#isRequestEnded) {
      this.#parser.eof()
      this.#loseExchange('downstream_remote_disconnect')
      this.#socket.close()
    }
    // Whoever has sent its request may close its side and wait for the answer; then it is the last.
  }

  onWritable(): void {
    this.#exchange?.onClientWritable()
  }

  onClose(): void {
    this.#loseExchange('downstream_remote_disconnect')
    this.#settings.thread.wheel.clear(this.#deadline)
    this.#owner.onClientConnectionClose(this)
  }

  onDeadline(): void {
    const { stats, thread } = this.#settings
    const atMs = this.#phaseSinceMs + this.#phaseMs
    if (atMs > thread.wheel.nowMs) {
      this.#arm()
      return
    }
    switch (this.#phase) {
      case Phase.idle:
        stats.idleTimeouts++
        this.#closeInOrder()
        return
      case Phase.head:
        stats.headTimeouts++
        this.#refuse(408, `request_header_timeout`, 0)
        return
      case Phase.request:
        stats.requestTimeouts++
        if (this.#exchange === undefined) this.#closeInOrder()
        else {
          this.#isKeptAlive = false
          this.#enter(Phase.answer)
          this.#exchange.onRequestTimeout()
        }
        return
      case Phase.linger:
        this.#socket.close()
        return
      case Phase.answer:
        return
    }
  }

  // Of the codec.

  head(head: RequestHead): void {
    const { headers } = head
    this.#settings = this.#owner.settings
    this.#requestCount++
    this.#isHead = head.method === 'HEAD'
    this.protocol = head.minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1'
    this.#isKeptAlive = head.keepAlive
    this.#isContinueWanted = head.expectContinue
    if (head.expectContinue) headers.remove('expect')
    const { framing, contentLength = 0, upgrade } = head
    this.#isRequestEnded = framing === 'none' || (framing === 'length' && contentLength === 0)
    this.#leftBytes = framing === 'length' ? contentLength : -1
    // Other protocols may be offered without being taken (RFC 9110 7.8), such as h2c by some clients with each request.
    const isWebSocket = framing === 'none' && upgrade?.toLowerCase() === 'websocket'
    const offered = framing === 'upgrade' ? 'connect' : isWebSocket ? 'websocket' : undefined
    if (head.hasHopByHop) removeHopByHop(headers, isWebSocket)
    const exchange = new Exchange(this.#settings, this, headers, offered)
    this.#exchange = exchange
    exchange.begin(this.#isRequestEnded && offered === undefined)
  }

  body(chunk: Buffer): void {
    let isEnd = false
    if (this.#leftBytes !== -1) {
      this.#leftBytes -= chunk.length
      isEnd = this.#leftBytes === 0
    }
    if (isEnd) this.#isRequestEnded = true
    this.#exchange?.onRequestBody(chunk, isEnd)
  }

  trailers(trailers: HeaderMap): void {
    this.#isRequestEnded = true
    this.#exchange?.onRequestTrailers(trailers)
  }

  end(): void {
    if (this.#isRequestEnded) return
    this.#isRequestEnded = true
    this.#exchange?.onRequestBody(NOTHING, true)
  }

  // Of the exchange.

  interim(headers: HeaderMap): void {
    if (this.protocol === 'HTTP/1.0') return
    const head = responseHead(headers, 'none')
    if (!('code' in head)) this.#socket.write(head)
  }

  responseHead(headers: HeaderMap, isEnd: boolean): void {
    const status = this.#exchange!.record.responseStatus
    this.#unwrittenBytes = Infinity
    if (status === 101) {
      this.#beginTunnel(headers)
      return
    }
    this.#isLast =
      !this.#isKeptAlive ||
      this.#isInputEnded ||
      this.#isWornOut() ||
      // Whoever was too slow is not waited for again (RFC 9110 15.5.9).
      status === 408 ||
      // Who was not told to go on may never send its body.
      (!this.#isRequestEnded && this.#isContinueWanted) ||
      (isEnd && !this.#isSkippable)
    const framing = this.#framingOf(status, headers, isEnd)
    this.#isChunked = framing === 'chunked'
    this.#isCloseDelimited = framing === 'close'
    this.#isBodiless = this.#isHead || status === 204 || status === 304
    if (this.#isCloseDelimited) this.#isLast = true
    if (typeof framing === 'number' && !this.#isBodiless) this.#unwrittenBytes = framing
    if (isEnd) this.#endBody()
    if (!this.#writeHead(headers, framing, this.#isLast ? 'close' : this.#keepAlive)) return
    if (!isEnd) return
    this.flush()
    this.#endResponse()
  }

  responseBody(bytes: Uint8Array, isEnd: boolean): boolean {
    const head = this.#pendingHead
    this.#pendingHead = undefined
    const isWritable = this.#writeBody(head, this.#within(bytes), isEnd)
    if (isEnd) this.#endBody()
    if (isEnd) this.#endResponse()
    return isWritable
  }

  responseTrailers(headers: HeaderMap): void {
    this.flush()
    this.#endBody()
    if (this.#isChunked) {
      const last = lastChunk(headers)
      // What cannot be said is left out: the body is whole all the same.
      this.#socket.write('code' in last ? LAST_CHUNK : last)
    }
    this.#endResponse()
  }

  flush(): void {
    const head = this.#pendingHead
    if (head === undefined) return
    this.#pendingHead = undefined
    this.#socket.write(head)
  }

  continueRequest(): void {
    if (!this.#isContinueWanted || this.#isRequestEnded) return
    this.#isContinueWanted = false
    this.#socket.write(CONTINUE)
  }

  holdRequest(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#pauseOrResume()
  }

  reset(): void {
    this.#exchange = undefined
    // What was answered so far still goes out, but nobody may take it for the whole: where the end of the connection
    // would say that, it is torn down.
    this.flush()
    if (this.#isCloseDelimited) this.#socket.reset()
    else this.#closeInOrder()
  }

  #read(bytes: Buffer): void {
    const parser = this.#parser
    this.#isReading = true
    let rest = bytes
    for (;;) {
      const taken = parser.execute(rest)
      rest = taken === rest.length ? NOTHING : rest.subarray(taken)
      if (parser.error !== undefined) {
        this.#isReading = false
        this.#refuseInput(parser.error)
        return
      }
      if (parser.isTunnel) break
      // Answered already: the next request may be read.
      if (parser.isPaused && this.#exchange === undefined && this.#phase !== Phase.linger) {
        parser.resume()
        if (rest.length > 0) continue
      }
      break
    }
    this.#isReading = false
    if (this.#phase === Phase.linger) return
    const exchange = this.#exchange
    if (exchange === undefined) {
      if (!this.#isRequestEnded) this.#enter(Phase.request)
      else if (!parser.isIdle) this.#enter(Phase.head)
      else if (this.#phase !== Phase.idle) this.#enter(Phase.idle)
      return
    }
    if (rest.length > 0) {
      this.#rest = rest
      this.#pauseOrResume()
    }
    this.#enter(this.#isRequestEnded ? Phase.answer : Phase.request)
    exchange.onRequestPause()
  }

  /** Where the content ends, by what is known of it. */
  #framingOf(status: number, headers: HeaderMap, isEnd: boolean): WrittenFraming {
    const length = headers.get('content-length')
    if (length !== undefined && /^\d{1,15}$/.test(length)) return Number(length)
    if (this.#isHead || status === 204 || status === 304) return 'none'
    if (isEnd) return 0
    // HTTP/1.0 knows no chunks.
    return this.protocol === 'HTTP/1.1' ? 'chunked' : 'close'
  }

  get #keepAlive(): WrittenConnection | undefined {
    return this.protocol === 'HTTP/1.0' ? 'keep-alive' : undefined
  }

  /** Keeps the head for what is written next. False: it has something in it that no head may have, and the exchange is over. */
  #writeHead(
    headers: HeaderMap,
    framing: WrittenFraming,
    connection: WrittenConnection | undefined,
  ): boolean {
    const head = responseHead(headers, framing, connection)
    if (!('code' in head)) {
      this.#pendingHead = head
      return true
    }
    this.#settings.stats.protocolError(head.code)
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.onClientGone(ResponseFlag.localReset, `http1.${head.code}`)
    this.#closeInOrder()
    return false
  }

  /**
   * As much of it as the head has said: what is over, where a filter has changed a body and not its length, would be read
   * as the next response.
   */
  #within(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#unwrittenBytes) {
      this.#isLast = true
      bytes = bytes.subarray(0, this.#unwrittenBytes)
    }
    this.#unwrittenBytes -= bytes.length
    return bytes
  }

  /** Less than was said: the client would take the next response for the rest. */
  #endBody(): void {
    if (this.#unwrittenBytes !== Infinity && this.#unwrittenBytes > 0) this.#isLast = true
  }

  #writeBody(head: Buffer | undefined, bytes: Uint8Array, isEnd: boolean): boolean {
    const socket = this.#socket
    if (this.#isBodiless) return head === undefined || socket.write(head)
    if (!this.#isChunked) {
      if (bytes.length === 0) return head === undefined || socket.write(head)
      return head === undefined ? socket.write(bytes) : socket.write(head, bytes)
    }
    if (bytes.length === 0) {
      if (!isEnd) return head === undefined || socket.write(head)
      return head === undefined ? socket.write(LAST_CHUNK) : socket.write(head, LAST_CHUNK)
    }
    const size = chunkHead(bytes.length)
    const before = head === undefined ? size : Buffer.concat([head, size])
    return socket.write(before, bytes, isEnd ? CHUNK_END_LAST : CHUNK_END)
  }

  #endResponse(): void {
    this.#exchange = undefined
    if (this.#isTunnel) {
      this.#isTunnel = false
      this.#settings.stats.upgradesActive--
      this.#closeInOrder()
      return
    }
    if (this.#isLast || !this.#isSkippable) {
      this.#closeInOrder()
      return
    }
    // `#read` goes on itself.
    if (this.#isReading) return
    this.#isHeld = false
    this.#pauseOrResume()
    if (!this.#isRequestEnded) {
      this.#enter(Phase.request)
      return
    }
    this.#enter(Phase.idle)
    this.#parser.resume()
    const rest = this.#rest
    if (rest === undefined) return
    this.#rest = undefined
    this.#read(rest)
    this.#pauseOrResume()
  }

  /** What is left of a request that is answered already is little, and will come. */
  get #isSkippable(): boolean {
    if (this.#isRequestEnded) return true
    return this.#leftBytes !== -1 && this.#leftBytes <= SKIPPED_BYTES_MAX && !this.#isContinueWanted
  }

  #beginTunnel(headers: HeaderMap): void {
    const { stats } = this.#settings
    stats.upgrades++
    stats.upgradesActive++
    this.#isTunnel = true
    this.#isCloseDelimited = true
    if (!this.#writeHead(headers, 'upgrade', 'upgrade')) return
    this.flush()
    const rest = this.#rest
    this.#rest = undefined
    this.#enter(Phase.answer)
    this.#pauseOrResume()
    if (rest !== undefined) this.#exchange?.onRequestBody(rest, false)
  }

  /** What came is no request that may come in. */
  #refuseInput(error: Http1Error): void {
    const { stats } = this.#settings
    stats.protocolError(error.code)
    const exchange = this.#exchange
    if (exchange === undefined) this.#refuse(error.status, `http1.${error.code}`, DPE)
    else {
      this.#isKeptAlive = false
      exchange.onRequestBroken(error.status, `http1.${error.code}`)
      if (!this.#socket.isClosed && this.#phase !== Phase.linger) this.#closeInOrder()
    }
  }

  /** Answers what became no exchange, and closes. */
  #refuse(status: number, details: string, flags: number): void {
    const { thread, listener, log, stats } = this.#settings
    const headers = HeaderMap.of([
      [':status', String(status)],
      ['date', thread.date()],
    ])
    if (listener.serverName !== undefined) headers.append('server', listener.serverName)
    if (this.#writeHead(headers, 0, 'close')) this.flush()
    this.#closeInOrder()
    const record = new ExchangeRecord(
      this.connection,
      this.protocol,
      listener.name,
      new HeaderMap(),
      thread.nowMs(),
    )
    record.responseStatus = status
    record.responseHeaders = headers
    record.responseDetails = details
    record.responseFlags = flags
    record.responseEndMs = 0
    stats.requests++
    stats.finished(status, 0)
    log?.(record)
  }

  #loseExchange(details: string): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    if (this.#isTunnel) this.#settings.stats.upgradesActive--
    this.#isTunnel = false
    exchange?.onClientGone(ResponseFlag.downstreamConnectionTermination, details)
  }

  /** No more is said; what the client still says is not heard, but read for a while, so that it can read the answer. */
  #closeInOrder(): void {
    if (this.#phase === Phase.linger) return
    this.#rest = undefined
    this.#enter(Phase.linger)
    this.#isHeld = false
    this.#pauseOrResume()
    if (this.#isInputEnded && this.#socket.waitingBytes === 0) this.#socket.close()
    else this.#socket.end()
  }

  #pauseOrResume(): void {
    const isPaused = this.#isHeld || this.#rest !== undefined
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#socket.pause()
    else this.#socket.resume()
  }

  /** Whether no further request is to come by this connection. */
  #isWornOut(): boolean {
    const { limits, timeouts } = this.#settings.listener
    const { nowMs } = this.#settings.thread.wheel
    return (
      this.#isDraining ||
      this.#requestCount >= limits.requestsPerConnectionMax ||
      (timeouts.connectionMs > 0 && nowMs - this.#bornMs >= timeouts.connectionMs)
    )
  }

  #enter(phase: Phase): void {
    if (phase === this.#phase && phase !== Phase.idle) return
    // From the first byte of a head on the time of the whole request counts.
    if (!(phase === Phase.request && this.#phase === Phase.head))
      this.#phaseSinceMs = this.#settings.thread.wheel.nowMs
    this.#phase = phase
    // The deadline is met in time anyway, if it is set for earlier; then it looks again. So most requests set none.
    const { atMs, slot } = this.#deadline
    if (slot === -1 || this.#phaseSinceMs + this.#phaseMs < atMs) this.#arm()
  }

  get #phaseMs(): number {
    const { timeouts } = this.#settings.listener
    switch (this.#phase) {
      case Phase.idle: {
        const { idleMs, connectionMs } = timeouts
        if (connectionMs === 0) return idleMs || Infinity
        const restMs = this.#bornMs + connectionMs - this.#phaseSinceMs
        return Math.max(1, idleMs === 0 ? restMs : Math.min(idleMs, restMs))
      }
      case Phase.head:
        return timeouts.headMs || Infinity
      case Phase.request:
        return timeouts.requestMs || Infinity
      case Phase.linger:
        return this.#socket.waitingBytes > 0 ? timeouts.streamIdleMs || Infinity : LINGER_MS
      case Phase.answer:
        return Infinity
    }
  }

  #arm(): void {
    const { wheel } = this.#settings.thread
    wheel.set(this.#deadline, Math.max(1, this.#phaseSinceMs + this.#phaseMs - wheel.nowMs))
  }
}

const DPE = ResponseFlag.downstreamProtocolError
const NOTHING = Buffer.alloc(0)
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
const CHUNK_END_LAST = Buffer.concat([CHUNK_END, LAST_CHUNK])
