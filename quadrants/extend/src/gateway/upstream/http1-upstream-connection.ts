import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { CHUNK_END, chunkHead, LAST_CHUNK, lastChunk } from '../http1/chunk-writer.ts'
import { removeHopByHop } from '../http1/connection-options.ts'
import { requestHead, type WrittenFraming } from '../http1/head-writer.ts'
import type { MessageHandler } from '../http1/message-parser.ts'
import type { ResponseHead } from '../http1/response-head.ts'
import { ResponseParser } from '../http1/response-parser.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { ClientTls, Connection, ConnectionHandler } from '../transport/transport.ts'
import type { PoolAccounts } from './pool-accounts.ts'
import type { UpstreamHandler, UpstreamStream } from './upstream-stream.ts'

export interface Http1UpstreamOwner {
  readonly thread: GatewayThread
  readonly accounts: PoolAccounts
  readonly endpoint: Endpoint
  readonly tls: ClientTls | undefined
  /** It may be assigned. `isFirst`: it has just been opened. */
  onFree(connection: Http1UpstreamConnection, isFirst: boolean): void
  onClosed(connection: Http1UpstreamConnection): void
  onConnectFailure(
    connection: Http1UpstreamConnection,
    failure: 'connect-failure' | 'connect-timeout',
    reason: string,
  ): void
}

/** One connection to an endpoint, and the request that is on it. */
export class Http1UpstreamConnection
  implements UpstreamStream, ConnectionHandler, MessageHandler<ResponseHead>, DeadlineOwner
{
  readonly #owner: Http1UpstreamOwner
  readonly #socket: Connection
  readonly #parser: ResponseParser
  /** Until it is connected, then while it is idle. */
  readonly #deadline: Deadline
  readonly #bornMs: number
  #idleSinceMs = 0
  #isConnected = false
  #isTimedOut = false
  #isClosed = false
  #isPaused = false
  #requestCount = 0
  #handler: UpstreamHandler | undefined
  // Of the request that is under way.
  #pendingHead: Buffer | undefined
  #isChunked = false
  /** What the head has said of the body and is not written yet; Infinity where it said nothing. */
  #unwrittenBytes = Infinity
  #isRequestEnded = true
  #isKeptAlive = true
  #isTunnel = false
  #leftBytes = -1
  // What ends its response, until that is told.
  #lastHead: HeaderMap | undefined
  #lastChunk: Buffer | undefined
  #lastTrailers: HeaderMap | undefined

  constructor(owner: Http1UpstreamOwner) {
    const { thread, accounts, endpoint, tls } = owner
    this.#owner = owner
    this.#parser = new ResponseParser(this, RESPONSE_LIMITS)
    this.#deadline = new Deadline(this)
    this.#bornMs = thread.wheel.nowMs
    thread.wheel.set(this.#deadline, accounts.spec.connectTimeoutMs)
    this.#socket = thread.transport.connect(
      { host: endpoint.ip, port: endpoint.port, tls, isReadShared: true },
      this,
    )
  }

  /** It is free, and has now this request. */
  assign(handler: UpstreamHandler): void {
    this.#handler = handler
    this.#requestCount++
    handler.onUpstream(this)
  }

  close(): void {
    this.#socket.close()
  }

  // Of the request.

  requestHead(headers: HeaderMap, isEnd: boolean): void {
    const method = headers.get(':method') ?? ''
    const upgrade = headers.get('upgrade')
    this.#isRequestEnded = isEnd
    const framing = upgrade === undefined ? framingOf(headers, isEnd) : 'none'
    this.#isChunked = framing === 'chunked'
    this.#unwrittenBytes = typeof framing === 'number' ? framing : Infinity
    const head = requestHead(headers, framing, upgrade === undefined ? undefined : 'upgrade')
    if ('code' in head) {
      // Filters or rewrites have put in what no head may have: nothing of it is sent.
      this.#isRequestEnded = true
      this.#isKeptAlive = false
      this.#fail('protocol', `http1.${head.code}`)
      this.#socket.close()
      return
    }
    this.#parser.expect({ method, isUpgrade: upgrade !== undefined })
    this.#pendingHead = head
    if (isEnd || upgrade !== undefined) this.flush()
    if (isEnd) this.#endBody()
  }

  requestBody(bytes: Uint8Array, isEnd: boolean): boolean {
    if (this.#isRequestEnded) return true
    const head = this.#pendingHead
    this.#pendingHead = undefined
    if (isEnd) this.#isRequestEnded = true
    const isWritable = this.#writeBody(head, this.#within(bytes), isEnd)
    if (isEnd) this.#endBody()
    if (isEnd && this.#isTunnel) this.#socket.end()
    return isWritable
  }

  requestTrailers(trailers: HeaderMap): void {
    if (this.#isRequestEnded) return
    this.flush()
    this.#isRequestEnded = true
    this.#endBody()
    if (!this.#isChunked) return
    const last = lastChunk(trailers)
    this.#socket.write('code' in last ? LAST_CHUNK : last)
  }

  flush(): void {
    const head = this.#pendingHead
    if (head === undefined) return
    this.#pendingHead = undefined
    this.#socket.write(head)
  }

  holdResponse(isHeld: boolean): void {
    if (isHeld === this.#isPaused) return
    this.#isPaused = isHeld
    if (isHeld) this.#socket.pause()
    else this.#socket.resume()
  }

  reset(): void {
    this.#handler = undefined
    // The rest of a response may be parsed already: it frees nothing.
    this.#isKeptAlive = false
    this.#socket.close()
  }

  // Of the connection.

  onConnect(): void {
    const { thread } = this.#owner
    this.#isConnected = true
    thread.wheel.clear(this.#deadline)
    this.#becomeFree(true)
  }

  onData(bytes: Buffer): void {
    const handler = this.#handler
    if (this.#isTunnel) {
      handler?.onResponseBody(bytes, false)
      handler?.onResponsePause()
      return
    }
    const taken = this.#parser.execute(bytes)
    const { error } = this.#parser
    if (error !== undefined) {
      this.#fail('protocol', `http1.${error.code}`)
      this.#socket.close()
      return
    }
    if (this.#isTunnel && taken < bytes.length) handler?.onResponseBody(bytes.subarray(taken), false)
    // An exchange whose response is whole has flushed it.
    if (this.#handler === handler) handler?.onResponsePause()
  }

  onEnd(): void {
    if (this.#isTunnel) {
      const handler = this.#handler
      this.#handler = undefined
      handler?.onResponseBody(NOTHING, true)
    } else if (this.#handler !== undefined) {
      const error = this.#parser.eof()
      if (error !== undefined) this.#fail('reset', 'connection termination')
    }
    this.#socket.close()
  }

  onWritable(): void {
    this.#handler?.onRequestWritable()
  }

  onClose(reason: string | undefined): void {
    const { thread } = this.#owner
    this.#isClosed = true
    thread.wheel.clear(this.#deadline)
    if (!this.#isConnected) {
      const failure = this.#isTimedOut ? 'connect-timeout' : 'connect-failure'
      this.#owner.onConnectFailure(this, failure, reason ?? 'closed')
      return
    }
    this.#owner.onClosed(this)
    this.#fail('reset', reason ?? 'connection termination')
  }

  onDeadline(): void {
    if (this.#isConnected) {
      // Busy meanwhile, or for a while: what is idle now is so since `idleSinceMs`.
      if (this.#handler === undefined) this.#expire()
      return
    }
    this.#isTimedOut = true
    this.#socket.close()
  }

  // Of the codec.

  head(head: ResponseHead): void {
    const { headers, framing, contentLength = 0 } = head
    if (head.isInterim) {
      // Whether to go on the gateway has told its client itself.
      if (headers.get(':status') === '100') return
      if (head.hasHopByHop) removeHopByHop(headers, false)
      this.#handler?.onInterim(headers)
      return
    }
    this.#isKeptAlive = head.keepAlive
    this.#isTunnel = framing === 'upgrade'
    if (head.hasHopByHop) removeHopByHop(headers, this.#isTunnel)
    this.#leftBytes = framing === 'length' ? contentLength : -1
    if (framing === 'none' || (framing === 'length' && contentLength === 0)) this.#lastHead = headers
    else this.#handler?.onResponseHead(headers, false)
  }

  body(chunk: Buffer): void {
    if (this.#leftBytes !== -1) {
      this.#leftBytes -= chunk.length
      if (this.#leftBytes === 0) {
        this.#lastChunk = chunk
        return
      }
    }
    this.#handler?.onResponseBody(chunk, false)
  }

  trailers(trailers: HeaderMap): void {
    this.#lastTrailers = trailers
  }

  /** The last of the response is told when the connection is free again: for the next request that comes of it. */
  end(): void {
    const handler = this.#handler
    const head = this.#lastHead
    const chunk = this.#lastChunk
    const trailers = this.#lastTrailers
    this.#handler = this.#lastHead = this.#lastChunk = this.#lastTrailers = undefined
    if (this.#isReusable()) this.#becomeFree(false)
    else this.#socket.close()
    if (head !== undefined) handler?.onResponseHead(head, true)
    else if (trailers !== undefined) handler?.onResponseTrailers(trailers)
    else handler?.onResponseBody(chunk ?? NOTHING, true)
  }

  /**
   * As much of it as the head has said: what is over, where a filter has changed a body and not its length, would be read
   * as the next request.
   */
  #within(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#unwrittenBytes) {
      this.#isKeptAlive = false
      bytes = bytes.subarray(0, this.#unwrittenBytes)
    }
    this.#unwrittenBytes -= bytes.length
    return bytes
  }

  /** Less than was said: the upstream would take what comes next for the rest. */
  #endBody(): void {
    if (this.#unwrittenBytes === Infinity || this.#unwrittenBytes === 0) return
    this.#isKeptAlive = false
    this.#fail('protocol', 'http1.body-too-short')
    this.#socket.close()
  }

  #writeBody(head: Buffer | undefined, bytes: Uint8Array, isEnd: boolean): boolean {
    const socket = this.#socket
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

  #becomeFree(isFirst: boolean): void {
    if (this.#isPaused) this.holdResponse(false)
    this.#owner.onFree(this, isFirst)
    if (this.#handler !== undefined || this.#isClosed) return
    // Set once for many requests: the deadline looks for itself how long it has been idle.
    const { wheel } = this.#owner.thread
    this.#idleSinceMs = wheel.nowMs
    if (this.#deadline.slot === -1) wheel.set(this.#deadline, this.#owner.accounts.spec.pool.idleMs)
  }

  #isReusable(): boolean {
    const { connectionMs, requestsPerConnectionMax } = this.#owner.accounts.spec.pool
    return (
      this.#isKeptAlive &&
      this.#isRequestEnded &&
      !this.#isClosed &&
      this.#parser.error === undefined &&
      this.#requestCount < requestsPerConnectionMax &&
      (connectionMs === 0 || this.#owner.thread.wheel.nowMs - this.#bornMs < connectionMs)
    )
  }

  #expire(): void {
    const { wheel } = this.#owner.thread
    const restMs = this.#idleSinceMs + this.#owner.accounts.spec.pool.idleMs - wheel.nowMs
    if (restMs > 0) wheel.set(this.#deadline, restMs)
    else this.#socket.close()
  }

  #fail(failure: 'reset' | 'protocol', reason: string): void {
    const handler = this.#handler
    this.#handler = undefined
    handler?.onStreamFailure(failure, reason)
  }
}

/** Where the content of a request ends, by what is known of it. Methods that have none say nothing of it. */
function framingOf(headers: HeaderMap, isEnd: boolean): WrittenFraming {
  const length = headers.get('content-length')
  if (length !== undefined && /^\d{1,15}$/.test(length)) return Number(length)
  return isEnd ? 'none' : 'chunked'
}

const NOTHING = Buffer.alloc(0)
const CHUNK_END_LAST = Buffer.concat([CHUNK_END, LAST_CHUNK])

/** An upstream is trusted with more than a client is, not with all memory. */
const RESPONSE_LIMITS = { headBytesMax: 128 << 10, fieldCountMax: 256 } as const
