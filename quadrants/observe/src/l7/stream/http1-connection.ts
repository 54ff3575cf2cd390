import type { ExchangeWatch, FieldBlock, WatchExchange } from '../http2/streams/exchange-watch.ts'
import type { ExchangeEnd, HttpExchange } from '../http2/streams/http-exchange.ts'
import { type Http1Head, requestFraming, responseFraming } from './http1-head.ts'
import { MessageReader, type MessageSink } from './http1-reader.ts'

/** Requests of one connection that wait for their responses. */
const WAITING_MAX = 16_384
const INFORMATIONAL_MAX = 8
const NO_FIELDS: HttpExchange['fields'] = new Map()

type Side = 'client' | 'server'

type OpenExchange = { -readonly [K in keyof HttpExchange]: HttpExchange[K] } & {
  informational: number[]
  watch: ExchangeWatch | undefined
}

/** What one connection counted. Exchanges: seen = told + open. */
export interface Http1Counts {
  readonly seen: number
  readonly open: number
  /** Responses to no request that was seen. */
  readonly unasked: number
  /** Times that a direction was out of step: bytes were missing, or are no message. */
  readonly gaps: number
  readonly misread: number
}

export interface Http1ConnectionOptions {
  /** Whether the first byte of a direction that comes begins a message. */
  readonly isFromStart: Readonly<Record<Side, boolean>>
  /** Is asked who follows a request, while fields are collected: see {@link Http1Connection.collect}. */
  readonly watch?: WatchExchange
}

/**
 * Understands a connection of HTTP/1 from the bytes of its two directions: responses belong to requests in their order
 * (RFC 9112, section 9.3.2). An exchange is told when its response is over. One whose status is known when the connection
 * is out of step is told with the end `unknown`; without a status it is told so, too, and is not to be counted.
 */
export class Http1Connection {
  readonly #tell: (exchange: HttpExchange) => void
  readonly #readers: Readonly<Record<Side, MessageReader>>
  readonly #watch: WatchExchange | undefined
  #isCollecting = false
  #waiting: OpenExchange[] = []
  /** Of the oldest in `#waiting`. */
  #first = 0
  /** Whether the response that is being read belongs to it. */
  #isAnswering = false
  #isTunnel = false
  /** Requests came ahead of answers: after a loss nothing tells which one a response belongs to. */
  #isPipelined = false
  #seen = 0
  #unasked = 0
  #gaps = 0
  #misread = 0
  /** Of the newest bytes. */
  #nowNs = 0

  constructor(tell: (exchange: HttpExchange) => void, { isFromStart, watch }: Http1ConnectionOptions) {
    this.#tell = tell
    this.#watch = watch
    this.#readers = {
      client: new MessageReader(this.#requests(), {
        isRequest: true,
        isFromStart: isFromStart.client,
      }),
      server: new MessageReader(this.#responses(), {
        isRequest: false,
        isFromStart: isFromStart.server,
      }),
    }
  }

  /** Another protocol from here on (101, CONNECT). */
  get isTunnel(): boolean {
    return this.#isTunnel
  }

  /** Whether somebody may follow requests that begin from now on, or follows one: all fields are needed for it. */
  collect(isCollecting: boolean): void {
    if (isCollecting === this.#isCollecting) return
    this.#isCollecting = isCollecting
    this.#readers.client.collect(isCollecting)
    this.#readers.server.collect(isCollecting)
  }

  push(sender: Side, bytes: Uint8Array, timeNs: number, isCallStart: boolean): void {
    this.#nowNs = timeNs
    this.#readers[sender].push(bytes, timeNs, isCallStart)
  }

  /** Bytes that this side sent are missing. */
  miss(sender: Side, byteCount: number, timeNs: number): void {
    this.#nowNs = timeNs
    this.#readers[sender].miss(byteCount, timeNs)
  }

  /** The connection is over: so are its exchanges. */
  close(timeNs: number): void {
    this.#readers.server.close(timeNs)
    this.#endAll('closed', timeNs)
  }

  /** It is not looked at any more. */
  giveUp(timeNs: number): void {
    this.#endAll('unknown', timeNs)
  }

  counts(): Http1Counts {
    return {
      seen: this.#seen,
      open: this.#waiting.length - this.#first,
      unasked: this.#unasked,
      gaps: this.#gaps,
      misread: this.#misread,
    }
  }

  #requests(): MessageSink {
    let open: OpenExchange | undefined
    return {
      head: (head, startNs) => {
        if (this.#waiting.length - this.#first >= WAITING_MAX) {
          this.#lost('missing')
          return undefined
        }
        open = exchangeOf(head, startNs, ++this.#seen)
        this.#waiting.push(open)
        if (this.#isCollecting) open.watch = this.#watch?.(open, blockOf(head))
        this.#isPipelined ||= this.#waiting.length - this.#first > 1
        return requestFraming(head)
      },
      body: (count) => void (open!.requestBytes += count),
      end: (timeNs) => void (open!.requestEndNs = timeNs),
      mayStart: () => !this.#isPipelined,
      // Requests after it are not known: responses would be given to the wrong ones.
      lost: (reason) => this.#lost(reason),
    }
  }

  #responses(): MessageSink {
    let isFinal = false
    return {
      head: (head, startNs) => {
        const open = this.#waiting[this.#first]
        isFinal = head.status >= 200 || head.status === 101
        this.#isAnswering = isFinal && open !== undefined
        if (open === undefined) {
          if (isFinal) this.#unasked++
        } else if (!isFinal) {
          if (open.informational.length < INFORMATIONAL_MAX) open.informational.push(head.status)
        } else {
          open.status = head.status
          open.responseStartNs = startNs
          open.watch?.response(blockOf(head))
        }
        const framing = responseFraming(head, open?.method)
        if (framing === 'tunnel') this.#becomeTunnel(startNs)
        return framing
      },
      body: (count) => {
        const open = this.#isAnswering ? this.#waiting[this.#first] : undefined
        if (open !== undefined) open.responseBytes += count
      },
      end: (timeNs) => {
        if (isFinal && this.#isAnswering) this.#endFirst('complete', timeNs)
        this.#isAnswering = false
      },
      mayStart: () => this.#waiting.length - this.#first === 1,
      lost: (reason) => this.#lost(reason),
    }
  }

  #becomeTunnel(timeNs: number): void {
    this.#isTunnel = true
    if (this.#isAnswering) this.#endFirst('complete', timeNs)
    this.#endAll('unknown', timeNs)
    this.#readers.client.becomeTunnel()
  }

  /** One direction alone tells no exchange, and which one it goes on with nobody knows. */
  #lost(reason: 'missing' | 'malformed'): void {
    if (reason === 'missing') this.#gaps++
    else this.#misread++
    this.#endAll('unknown', this.#nowNs)
    this.#readers.client.lose()
    this.#readers.server.lose()
  }

  #endFirst(end: ExchangeEnd, timeNs: number): void {
    const open = this.#waiting[this.#first++]!
    if (this.#first === this.#waiting.length) {
      this.#waiting = []
      this.#first = 0
    }
    open.end = end
    open.endNs = timeNs
    if (end === 'complete') open.responseEndNs = timeNs
    this.#isAnswering = false
    open.watch?.end()
    this.#tell(open)
  }

  #endAll(end: ExchangeEnd, timeNs: number): void {
    while (this.#first < this.#waiting.length) this.#endFirst(end, timeNs)
  }
}

function exchangeOf(
  { version, method, target, host }: Http1Head,
  startNs: number,
  number: number,
): OpenExchange {
  return {
    version,
    streamId: number,
    isPushed: false,
    method,
    path: pathOf(target),
    authority: host,
    status: undefined,
    informational: [],
    hasUnknownFields: false,
    isGrpc: false,
    grpcService: undefined,
    grpcMethod: undefined,
    grpcStatus: undefined,
    grpcMessage: undefined,
    requestStartNs: startNs,
    requestEndNs: undefined,
    responseStartNs: undefined,
    responseEndNs: undefined,
    endNs: startNs,
    requestBytes: 0,
    responseBytes: 0,
    end: 'unknown',
    errorCode: undefined,
    resetBy: undefined,
    fields: NO_FIELDS,
    watch: undefined,
  }
}

/** Of HTTP/1 each field says what it says. */
function blockOf({ fields }: Http1Head): FieldBlock {
  return { list: fields, unknownCount: 0, hasUnknown: false }
}

/** Of a target in its absolute form (RFC 9112, section 3.2.2), which proxies are given, what stands behind the host. */
function pathOf(target: string): string {
  const scheme = /^https?:\/\/[^/?#]*/i.exec(target)
  return scheme === null ? target : target.slice(scheme[0].length) || '/'
}
