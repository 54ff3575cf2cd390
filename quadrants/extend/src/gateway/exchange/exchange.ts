import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { LocalReply, StreamChain, StreamSink } from '../../filters/stream/stream-chain.ts'
import { ResponseFlag } from '../access-log/response-flag.ts'
import type { Verdict } from '../guard/verdict.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { ClientStream } from './client-stream.ts'
import { ExchangeRecord } from './exchange-record.ts'
import type { ExchangeSettings } from './exchange-settings.ts'
import { Failure } from './failure.ts'
import { Forwarding, type ForwardingOwner } from './forwarding.ts'
import { type GuardedOwner, GuardedStart } from './guarded-start.ts'
import { localReplyHeaders } from './local-reply.ts'
import { isGrpc } from './message-fields.ts'
import { type Mirrors, openMirrors } from './mirrors.ts'
import { acceptRequest } from './request-acceptance.ts'
import { routeRequest } from './request-routing.ts'

type GuardReply = Extract<Verdict, { readonly kind: 'reply' }>

/** Of the gateway's own answer. */
interface ReplyExtras {
  readonly headers?: GuardReply['headers']
  readonly grpcStatus?: number | undefined
}

const NO_EXTRAS: ReplyExtras = {}

/** Of responses whose upstream has not said who it is. */
const SERVER_NAME = 'quadrant'

/** Why one side has to wait. */
const HELD_BY_OTHER_END = 1
const HELD_BY_FILTER = 2
const HELD_BY_GUARD = 4

/**
 * One request and its response, from the client through filters to the upstream and back. It ties together what others
 * know: the client's stream, the chain of filters, the route, the forwarding. Without filters bytes pass it by two calls.
 *
 * ```
 *   ClientStream ──▶ onRequest… ──▶ StreamChain ──▶ requestHead, … ──▶ Forwarding ──▶ UpstreamStream
 *        ▲                              │  ▲                               │
 *        └────── responseHead, … ◀──────┘  └───────── onUpstream… ◀────────┘
 * ```
 */
export class Exchange implements StreamSink, ForwardingOwner, GuardedOwner, DeadlineOwner {
  readonly record: ExchangeRecord
  /** The protocol that the client wants to go on with; undefined: HTTP. */
  readonly upgrade: string | undefined
  readonly #settings: ExchangeSettings
  readonly #client: ClientStream
  readonly #idle: Deadline
  #idleMs: number
  #activeAtMs: number
  #chain: StreamChain | undefined
  #forwarding: Forwarding | undefined
  /** While its guard has not decided. */
  #guarded: GuardedStart | undefined
  #mirrors: Mirrors | undefined
  #isRequestEnded = false
  #isResponseBegun = false
  /** Filters have the head of the upstream's response, whether or not they have passed it on. */
  #haveFiltersHead = false
  #isOver = false
  #requestHolds = 0
  #responseHolds = 0
  #isRequestHeadPassed = false

  constructor(
    settings: ExchangeSettings,
    client: ClientStream,
    headers: HeaderMap,
    upgrade: string | undefined,
  ) {
    const { thread, listener } = settings
    this.#settings = settings
    this.#client = client
    this.upgrade = upgrade
    this.record = new ExchangeRecord(
      client.connection,
      client.protocol,
      listener.name,
      headers,
      thread.nowMs(),
    )
    this.#idle = new Deadline(this)
    this.#idleMs = listener.timeouts.streamIdleMs
    this.#activeAtMs = thread.wheel.nowMs
    settings.stats.requests++
    settings.stats.requestsActive++
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get settings(): ExchangeSettings {
    return this.#settings
  }

  /** The head has come, in full. */
  begin(isEnd: boolean): void {
    const { record } = this
    const { thread } = this.#settings
    const { requestHeaders } = record
    thread.wheel.set(this.#idle, this.#idleMs)
    if (isEnd) this.#endRequest()
    const refusal = acceptRequest(this.#settings, record, this.#client)
    if (refusal !== undefined) {
      this.#reply(refusal.failure, refusal.location)
      return
    }
    record.trace = this.#settings.tracer?.begin(requestHeaders)
    const { guardOf } = this.#settings
    const route = guardOf && record.chooseRoute(this.#settings)
    const guard = route && guardOf?.(route)
    if (guard === undefined) {
      this.onAdmitted(isEnd)
      return
    }
    this.#guarded = new GuardedStart(this, this.#settings, record, guard, isEnd)
    this.#guarded.begin()
  }

  // From the guard of its route.

  onAdmitted(isEnd: boolean): void {
    const { record } = this
    const { requestHeaders } = record
    this.#guarded = undefined
    const { filters, filtersFor } = this.#settings
    const chain = filtersFor === undefined ? filters : filtersFor(record.chooseRoute(this.#settings), record)
    this.#chain = chain?.open(this, record)
    if (this.#chain === undefined) this.requestHead(requestHeaders, isEnd)
    else {
      record.settings = this.#settings
      this.#chain.requestHead(requestHeaders, isEnd)
    }
  }

  onRefused({ failure, headers, grpcStatus, contentType }: GuardReply): void {
    this.#guarded = undefined
    this.#reply(failure, undefined, contentType, { headers, grpcStatus })
  }

  holdForGuard(isHeld: boolean): void {
    this.#holdRequest(HELD_BY_GUARD, isHeld)
  }

  replayBody(bytes: Uint8Array, isEnd: boolean): void {
    this.#passBody(bytes, isEnd)
  }

  replayTrailers(trailers: HeaderMap): void {
    this.#passTrailers(trailers)
  }

  // From the client.

  /** The bytes stay as they are. */
  onRequestBody(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver || this.#isRequestEnded) return
    const { record } = this
    this.#activeAtMs = this.#settings.thread.wheel.nowMs
    record.requestBodyBytes += bytes.length
    if (isEnd) this.#endRequest()
    if (record.requestBodyBytes > this.#settings.listener.limits.bodyBytesMax && this.upgrade === undefined)
      this.#replyOrReset(Failure.requestTooLarge)
    else if (this.#guarded === undefined) this.#passBody(bytes, isEnd)
    else this.#guarded.body(bytes, isEnd)
  }

  #passBody(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#chain === undefined) this.requestBody(bytes, isEnd)
    else this.#chain.requestBody(bytes, isEnd)
  }

  onRequestTrailers(trailers: HeaderMap): void {
    if (this.#isOver || this.#isRequestEnded) return
    this.#endRequest()
    if (this.#guarded === undefined) this.#passTrailers(trailers)
    else this.#guarded.trailers(trailers)
  }

  #passTrailers(trailers: HeaderMap): void {
    if (this.#chain === undefined) this.requestTrailers(trailers)
    else this.#chain.requestTrailers(trailers)
  }

  /** Nothing more comes right now. */
  onRequestPause(): void {
    this.#forwarding?.flush()
  }

  /** The client has gone, or broken the rules in the middle of a request; nothing can be said to it. */
  onClientGone(flags: number, details: string): void {
    if (this.#isOver) return
    const { record } = this
    record.responseFlags |= flags
    record.responseDetails = details
    this.#settings.stats.requestsReset++
    this.#forwarding?.cancel()
    this.#finish()
  }

  /** What the client goes on with is no request. */
  onRequestBroken(status: number, details: string): void {
    this.#replyOrReset({ status, body: '', flags: ResponseFlag.downstreamProtocolError, details })
  }

  onClientWritable(): void {
    this.#holdResponse(HELD_BY_OTHER_END, false)
  }

  /** The client did not finish its request in time. */
  onRequestTimeout(): void {
    if (!this.#isRequestEnded) this.#replyOrReset(Failure.requestTimeout)
  }

  // Through the filters, towards the upstream.

  requestHead(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isResponseBegun || this.#isOver) return
    this.#isRequestHeadPassed = true
    this.record.requestHeaders = headers
    const routing = routeRequest(this.#settings, this.record, headers, this.upgrade)
    if (routing.kind === 'reply') {
      this.#reply(routing.failure, routing.location, routing.contentType)
      return
    }
    if (!isEnd) this.#client.continueRequest()
    const { idleTimeoutMs } = routing.action
    if (idleTimeoutMs !== undefined) {
      this.#idleMs = idleTimeoutMs
      this.#settings.thread.wheel.set(this.#idle, idleTimeoutMs)
    }
    const mirrors = this.#settings.mirrorsOf?.(routing.route)
    if (mirrors !== undefined && mirrors.length > 0)
      this.#mirrors = openMirrors(mirrors, this.#settings, this.record, headers, {
        isEnd,
        timeoutMs: routing.action.timeoutMs,
      })
    this.#forwarding = new Forwarding(
      this,
      this.#settings,
      this.record,
      routing.cluster,
      routing.route,
      headers,
      isEnd,
      routing.hash,
    )
    this.#forwarding.begin()
  }

  requestBody(chunk: Uint8Array, isEnd: boolean): void {
    this.#mirrors?.body(chunk, isEnd)
    this.#forwarding?.requestBody(chunk, isEnd)
  }

  requestTrailers(trailers: HeaderMap): void {
    this.#mirrors?.trailers(trailers)
    this.#forwarding?.requestTrailers(trailers)
  }

  // From the upstream.

  /** Filters are not asked: they know one head of a response. */
  onUpstreamInterim(headers: HeaderMap): void {
    this.#activeAtMs = this.#settings.thread.wheel.nowMs
    if (!this.#isResponseBegun && !this.#isOver) this.#client.interim(headers)
  }

  onUpstreamHead(headers: HeaderMap, isEnd: boolean): void {
    this.#activeAtMs = this.#settings.thread.wheel.nowMs
    const { record } = this
    record.responseHeadBytes = headers.byteLength
    record.responseDetails = 'via_upstream'
    record.route?.responseHeaders?.(headers, record)
    if (record.setCookie !== undefined) headers.append('set-cookie', record.setCookie)
    if (this.#chain === undefined) this.responseHead(headers, isEnd)
    else {
      record.responseStatus = Number(headers.get(':status'))
      record.responseHeaders = headers
      this.#haveFiltersHead = true
      this.#chain.responseHead(headers, isEnd)
    }
  }

  onUpstreamBody(bytes: Uint8Array, isEnd: boolean): void {
    this.#activeAtMs = this.#settings.thread.wheel.nowMs
    if (this.#chain !== undefined) this.#chain.responseBody(bytes, isEnd)
    else this.#respond(bytes, isEnd)
  }

  onUpstreamTrailers(headers: HeaderMap): void {
    if (this.#chain === undefined) this.responseTrailers(headers)
    else this.#chain.responseTrailers(headers)
  }

  onUpstreamPause(): void {
    this.#client.flush()
  }

  onUpstreamFailure(failure: Failure, hasBegun: boolean): void {
    if (hasBegun || this.#isResponseBegun) {
      const { record } = this
      record.responseFlags |= failure.flags
      record.responseDetails = failure.details.replace('before', 'after')
      this.reset()
    } else this.#reply(failure)
  }

  onUpstreamFull(isFull: boolean): void {
    this.#holdRequest(HELD_BY_OTHER_END, isFull)
  }

  // Through the filters, towards the client.

  responseHead(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isResponseBegun || this.#isOver) return
    this.#isResponseBegun = true
    const { record } = this
    const { listener, thread } = this.#settings
    record.responseStatus = Number(headers.get(':status'))
    record.responseHeaders = headers
    if (record.answerFields !== undefined)
      for (const [name, value] of record.answerFields) headers.set(name, value)
    if (listener.serverName !== undefined) headers.set('server', listener.serverName)
    else if (!headers.has('server')) headers.append('server', SERVER_NAME)
    if (!headers.has('date')) headers.append('date', thread.date())
    if (listener.requestId.isReturned) headers.set('x-request-id', record.requestId)
    // First of all: with the last of the answer a client may begin the next exchange.
    if (isEnd) this.#endResponse()
    this.#client.responseHead(headers, isEnd)
  }

  responseBody(chunk: Uint8Array, isEnd: boolean): void {
    this.#respond(chunk, isEnd)
  }

  responseTrailers(trailers: HeaderMap): void {
    if (this.#isOver) return
    this.record.responseTrailers = trailers
    this.#endResponse()
    this.#client.responseTrailers(trailers)
  }

  localReply(reply: LocalReply): void {
    const { record } = this
    this.#forwarding?.cancel()
    if (this.#isResponseBegun) {
      record.responseDetails = reply.details
      record.responseFlags |= ResponseFlag.localReset
      this.reset()
      return
    }
    record.responseDetails = reply.details
    this.responseHead(reply.headers, reply.body.length === 0)
    if (reply.body.length > 0) this.responseBody(reply.body, true)
  }

  /** The exchange ends here: the client gets no answer, or not all of it. */
  reset(): void {
    if (this.#isOver) return
    this.#forwarding?.cancel()
    this.#settings.stats.requestsReset++
    this.#client.reset()
    this.#finish()
  }

  holdRequest(isHeld: boolean): void {
    this.#holdRequest(HELD_BY_FILTER, isHeld)
  }

  holdResponse(isHeld: boolean): void {
    this.#holdResponse(HELD_BY_FILTER, isHeld)
  }

  clearRouteCache(): void {
    // When the head has been through all filters there is nothing left to choose.
    if (!this.#isRequestHeadPassed) this.record.clearRoute()
  }

  onDeadline(): void {
    const { wheel } = this.#settings.thread
    const restMs = this.#activeAtMs + this.#idleMs - wheel.nowMs
    if (restMs > 0) wheel.set(this.#idle, restMs)
    else this.#replyOrReset(this.#isRequestEnded ? Failure.idleResponse : Failure.idleRequest)
  }

  #respond(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    this.record.responseBodyBytes += bytes.length
    if (isEnd) this.#endResponse()
    if (!this.#client.responseBody(bytes, isEnd) && !isEnd) this.#holdResponse(HELD_BY_OTHER_END, true)
  }

  #holdRequest(bit: number, isHeld: boolean): void {
    const before = this.#requestHolds
    this.#requestHolds = isHeld ? before | bit : before & ~bit
    if ((before === 0) !== (this.#requestHolds === 0)) this.#client.holdRequest(isHeld)
  }

  #holdResponse(bit: number, isHeld: boolean): void {
    const before = this.#responseHolds
    this.#responseHolds = isHeld ? before | bit : before & ~bit
    if ((before === 0) !== (this.#responseHolds === 0)) this.#forwarding?.holdResponse(isHeld)
  }

  #replyOrReset(failure: Failure): void {
    if (this.#isOver) return
    this.#forwarding?.cancel()
    if (!this.#isResponseBegun) {
      this.#reply(failure)
      return
    }
    this.record.responseFlags |= failure.flags
    this.record.responseDetails = failure.details
    this.reset()
  }

  /**
   * The gateway's own answer; filters that saw the request see it, too, but not where they hold one back already: a second
   * head, or a body behind that of the first, would be none.
   */
  #reply(failure: Failure, location?: string, contentType?: string, more: ReplyExtras = NO_EXTRAS): void {
    const { record } = this
    record.responseFlags |= failure.flags
    record.responseDetails = failure.details
    const isHead = record.requestHeaders.get(':method') === 'HEAD'
    const { headers, body } = localReplyHeaders(failure, {
      isGrpc: isGrpc(record.requestHeaders),
      location,
      contentType,
      grpcStatus: more.grpcStatus,
    })
    for (const [name, value] of more.headers ?? []) headers.set(name, value)
    record.route?.responseHeaders?.(headers, record)
    const isEnd = isHead || body.length === 0
    const chain = this.#haveFiltersHead ? undefined : this.#chain
    if (chain === undefined) {
      this.responseHead(headers, isEnd)
      if (!isEnd) this.#respond(body, true)
    } else {
      record.responseStatus = failure.status
      chain.responseHead(headers, isEnd)
      if (!isEnd) chain.responseBody(body, true)
    }
  }

  #endRequest(): void {
    this.#isRequestEnded = true
    this.record.requestEndMs = this.#settings.thread.nowMs() - this.record.beginMs
  }

  #endResponse(): void {
    // Whatever of the request is still to come has nobody to go to.
    if (this.#forwarding?.isOver === false) this.#forwarding.cancel()
    this.#finish()
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { record } = this
    const { thread, stats, log } = this.#settings
    thread.wheel.clear(this.#idle)
    this.#guarded?.cancel()
    if (!this.#isRequestEnded) this.#mirrors?.cancel()
    record.responseEndMs = thread.nowMs() - record.beginMs
    stats.requestsActive--
    stats.finished(record.responseStatus, record.responseEndMs)
    this.#chain?.end()
    record.trace?.end(record, record.beginMs + record.responseEndMs)
    log?.(record)
  }
}
