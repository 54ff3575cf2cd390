import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ResponseFlag } from '../access-log/response-flag.ts'
import type { RetryState } from '../cluster/retry-state.ts'
import type { TryOutcome } from '../cluster/try-outcome.ts'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { ForwardSpec } from '../config/route-spec.ts'
import { rewriteHost } from '../route/rewrite-request.ts'
import type { Route } from '../route/route-table.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import type {
  OpenFailure,
  StreamFailure,
  UpstreamHandler,
  UpstreamStream,
} from '../upstream/upstream-stream.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { ExchangeSettings } from './exchange-settings.ts'
import { connectFailure, Failure } from './failure.ts'
import { grpcStatusOf } from './message-fields.ts'
import { RequestBody } from './request-body.ts'

/** Who has a request forwarded: the exchange, towards its client. */
export interface ForwardingOwner {
  onUpstreamInterim(headers: HeaderMap): void
  onUpstreamHead(headers: HeaderMap, isEnd: boolean): void
  onUpstreamBody(bytes: Uint8Array, isEnd: boolean): void
  onUpstreamTrailers(headers: HeaderMap): void
  onUpstreamPause(): void
  /** The forwarding is over, and has come to that; `hasBegun`: in the middle of a response. */
  onUpstreamFailure(failure: Failure, hasBegun: boolean): void
  onUpstreamFull(isFull: boolean): void
}

/**
 * A request on its way to the endpoints of a cluster: tried, waited for, tried again. It knows the upstream's side of the
 * exchange alone; decisions are those of `Cluster` and `RetryState`.
 */
export class Forwarding implements UpstreamHandler, DeadlineOwner {
  readonly #owner: ForwardingOwner
  readonly #settings: ExchangeSettings
  readonly #record: ExchangeRecord
  readonly #cluster: UpstreamCluster
  readonly #action: ForwardSpec
  readonly #headers: HeaderMap
  readonly #hash: number | undefined
  readonly #retries: RetryState | undefined
  readonly #deadline: Deadline
  #body: RequestBody | undefined
  #endpoint: Endpoint | undefined
  #tried: Endpoint[] = NONE_TRIED
  #stream: UpstreamStream | undefined
  /** Of the response that has begun. */
  #outcome: TryOutcome | undefined
  #isWaiting = false
  #isRequestEnded: boolean
  #hasBegun = false
  #isOver = false
  #isResponseHeld = false
  /** The last answer was one to try again, and that could not be. */
  #isUnwanted = false
  /** By the wheel's clock; Infinity: not running. */
  #timeoutAtMs = Infinity
  #tryAtMs = Infinity
  #againAtMs = Infinity

  constructor(
    owner: ForwardingOwner,
    settings: ExchangeSettings,
    record: ExchangeRecord,
    cluster: UpstreamCluster,
    route: Route,
    headers: HeaderMap,
    isEnd: boolean,
    hash: number | undefined,
  ) {
    this.#owner = owner
    this.#settings = settings
    this.#record = record
    this.#cluster = cluster
    this.#action = route.spec.action as ForwardSpec
    this.#headers = headers
    this.#isRequestEnded = isEnd
    this.#hash = hash
    const { retry } = this.#action
    this.#retries = retry === undefined ? undefined : cluster.policy.retries(retry)
    this.#deadline = new Deadline(this)
    if (!isEnd) this.#body = new RequestBody(this.#retries === undefined ? 0 : (retry?.bodyBytesMax ?? 0))
  }

  /** The first try. */
  begin(): void {
    // One that upgrades ends when everything does.
    if (this.#isRequestEnded || this.#headers.has('upgrade')) this.#startTimeout()
    this.#try()
  }

  requestBody(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    const stream = this.#stream
    const body = this.#body
    if (isEnd) this.#endRequest()
    if (stream !== undefined && body !== undefined && !body.isReplayable) {
      const isWritable = stream.requestBody(bytes, isEnd)
      if (!isWritable && this.#stream === stream) this.#owner.onUpstreamFull(true)
      return
    }
    body?.add(bytes, isEnd)
    this.#sendBody()
  }

  requestTrailers(trailers: HeaderMap): void {
    if (this.#isOver) return
    this.#endRequest()
    const stream = this.#stream
    if (stream !== undefined && this.#body?.isReplayable === false) {
      stream.requestTrailers(trailers)
      return
    }
    this.#body?.end(trailers)
    this.#sendBody()
  }

  flush(): void {
    this.#stream?.flush()
  }

  holdResponse(isHeld: boolean): void {
    this.#isResponseHeld = isHeld
    this.#stream?.holdResponse(isHeld)
  }

  /** Nobody wants it any more: the client has gone, or has its answer from elsewhere. */
  cancel(): void {
    if (this.#isOver) return
    this.#abandon({ kind: 'cancelled' })
    this.#close(false)
  }

  /** The response has passed, and the request too. */
  get isOver(): boolean {
    return this.#isOver
  }

  onUpstream(stream: UpstreamStream): void {
    if (this.#isOver) {
      stream.reset()
      return
    }
    this.#isWaiting = false
    this.#stream = stream
    const record = this.#record
    record.upstreamStream = stream
    record.upstreamRequestBeginMs ??= this.#settings.thread.nowMs() - record.beginMs
    if (this.#isResponseHeld) stream.holdResponse(true)
    const body = this.#body
    const isEnd = body === undefined
    stream.requestHead(this.#headers, isEnd)
    // Refused, and told.
    if (this.#stream !== stream) return
    if (isEnd) {
      record.upstreamRequestEndMs = record.upstreamRequestBeginMs
      return
    }
    if (body.waitingBytes > 0 || body.isEnded) this.#sendBody()
    else this.#owner.onUpstreamFull(false)
    stream.flush()
  }

  onOpenFailure(failure: OpenFailure, reason: string): void {
    if (this.#isOver) return
    this.#isWaiting = false
    switch (failure) {
      case 'connect-failure':
        this.#record.upstreamTransportFailure = reason
        this.#fail({ kind: 'connect-failure' }, connectFailure(reason))
        return
      case 'connect-timeout':
        this.#fail({ kind: 'connect-timeout' }, Failure.connectTimeout)
        return
      case 'connections-max':
      case 'pending-max':
        this.#fail({ kind: 'cancelled' }, Failure.overflow)
    }
  }

  onInterim(headers: HeaderMap): void {
    if (!this.#isOver) this.#owner.onUpstreamInterim(headers)
  }

  onResponseHead(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isOver) return
    const record = this.#record
    const status = Number(headers.get(':status'))
    record.upstreamResponseBeginMs = this.#settings.thread.nowMs() - record.beginMs
    this.#tryAtMs = Infinity
    const grpcStatus = grpcStatusOf(headers)
    const outcome: TryOutcome = {
      kind: 'response',
      status,
      grpcStatus,
      retryAfter: headers.get('retry-after'),
    }
    if (this.#retries !== undefined && this.#isTriedAgain(outcome)) {
      const stream = this.#stream
      this.#stream = undefined
      if (!isEnd) stream?.reset()
      return
    }
    this.#hasBegun = true
    this.#outcome = outcome
    // What comes now has no end that could be waited for.
    if (status === 101) this.#timeoutAtMs = Infinity
    if (isEnd) this.#endResponse()
    this.#owner.onUpstreamHead(headers, isEnd)
  }

  onResponseBody(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    if (isEnd) this.#endResponse()
    this.#owner.onUpstreamBody(bytes, isEnd)
  }

  onResponseTrailers(headers: HeaderMap): void {
    if (this.#isOver) return
    const grpcStatus = grpcStatusOf(headers)
    if (grpcStatus !== undefined && this.#outcome?.kind === 'response')
      this.#outcome = { ...this.#outcome, grpcStatus }
    this.#endResponse()
    this.#owner.onUpstreamTrailers(headers)
  }

  onResponsePause(): void {
    this.#owner.onUpstreamPause()
  }

  onStreamFailure(failure: StreamFailure, reason: string): void {
    if (this.#isOver) return
    this.#stream = undefined
    this.#record.upstreamTransportFailure = reason
    const outcome: TryOutcome =
      failure === 'refused' ? { kind: 'refused' } : { kind: 'reset', hasBegun: this.#hasBegun }
    this.#fail(outcome, FAILURES[failure])
  }

  onRequestWritable(): void {
    this.#owner.onUpstreamFull(false)
  }

  onDeadline(): void {
    const { nowMs } = this.#settings.thread.wheel
    if (this.#againAtMs <= nowMs) {
      this.#againAtMs = Infinity
      this.#arm()
      this.#try()
    } else if (this.#timeoutAtMs <= nowMs) {
      this.#abandon({ kind: 'timeout' })
      this.#end(Failure.timeout)
    } else if (this.#tryAtMs <= nowMs) {
      const stream = this.#stream
      this.#stream = undefined
      if (this.#isWaiting) this.#cluster.cancel(this.#endpoint!, this)
      this.#isWaiting = false
      stream?.reset()
      this.#fail({ kind: 'try-timeout' }, Failure.tryTimeout)
    } else this.#arm()
  }

  #try(): void {
    const record = this.#record
    record.attemptCount++
    const endpoint = this.#cluster.policy.pick({ hash: this.#hash, tried: this.#tried })
    if (endpoint === undefined) {
      this.#end(Failure.noHealthyUpstream)
      return
    }
    record.upstreamAddress = endpoint.address
    const { hostRewrite } = this.#action
    if (hostRewrite !== undefined) rewriteHost(hostRewrite, this.#headers, endpoint.host)
    record.trace?.beginTry(this.#headers, this.#settings.thread.nowMs())
    this.#endpoint = endpoint
    this.#cluster.policy.begin(endpoint)
    if (this.#isRequestEnded) this.#startTryTimeout()
    this.#isWaiting = true
    this.#cluster.open(endpoint, this)
    if (this.#isWaiting && this.#body !== undefined) this.#holdOverLimit()
  }

  #sendBody(): void {
    const stream = this.#stream
    const body = this.#body!
    if (stream === undefined) {
      this.#holdOverLimit()
      return
    }
    const isWritable = body.sendTo(stream)
    // It may have failed meanwhile.
    if (this.#stream !== stream) return
    this.#owner.onUpstreamFull(!isWritable)
    if (body.isEnded) this.#sentAll()
  }

  /** What comes while there is nobody to send it to is kept, and the client waits once it is too much. */
  #holdOverLimit(): void {
    if ((this.#body?.waitingBytes ?? 0) >= this.#settings.listener.limits.bufferBytesMax)
      this.#owner.onUpstreamFull(true)
  }

  #endRequest(): void {
    this.#isRequestEnded = true
    this.#startTimeout()
    if (this.#endpoint !== undefined && !this.#hasBegun) this.#startTryTimeout()
    if (this.#stream !== undefined) this.#sentAll()
  }

  #sentAll(): void {
    const record = this.#record
    record.upstreamRequestEndMs = this.#settings.thread.nowMs() - record.beginMs
  }

  #startTimeout(): void {
    const { timeoutMs } = this.#action
    if (timeoutMs === 0) return
    this.#timeoutAtMs = this.#settings.thread.wheel.nowMs + timeoutMs
    this.#arm()
  }

  #startTryTimeout(): void {
    const timeoutMs = this.#action.retry?.perTryTimeoutMs ?? 0
    if (timeoutMs === 0) return
    this.#tryAtMs = this.#settings.thread.wheel.nowMs + timeoutMs
    this.#arm()
  }

  #arm(): void {
    const { wheel } = this.#settings.thread
    const atMs = Math.min(this.#timeoutAtMs, this.#tryAtMs, this.#againAtMs)
    wheel.set(this.#deadline, Math.max(1, atMs - wheel.nowMs))
  }

  /** This try has failed; what comes of it is another one, or that. */
  #fail(outcome: TryOutcome, failure: Failure): void {
    this.#tryAtMs = Infinity
    if (this.#retries !== undefined && this.#isTriedAgain(outcome)) return
    this.#finishTry(outcome)
    this.#end(failure)
  }

  #isTriedAgain(outcome: TryOutcome): boolean {
    const decision = this.#retries!.decide(outcome, {
      method: this.#headers.get(':method') ?? '',
      isReplayable: this.#body === undefined || this.#body.isReplayable,
      isUnanswered: !this.#hasBegun,
    })
    if (decision.kind === 'final') {
      this.#isUnwanted = decision.reason !== 'not-wanted'
      if (decision.reason === 'limit') this.#record.responseFlags |= ResponseFlag.upstreamRetryLimitExceeded
      if (decision.reason === 'budget') this.#record.responseFlags |= ResponseFlag.upstreamOverflow
      return false
    }
    if (this.#tried === NONE_TRIED) this.#tried = []
    if (this.#endpoint !== undefined) this.#tried.push(this.#endpoint)
    this.#finishTry(outcome)
    this.#body?.rewind()
    this.#againAtMs = this.#settings.thread.wheel.nowMs + decision.delayMs
    this.#arm()
    return true
  }

  #finishTry(outcome: TryOutcome): void {
    const endpoint = this.#endpoint
    if (endpoint === undefined) return
    const record = this.#record
    record.trace?.endTry(record, this.#headers, endpoint, outcome, this.#settings.thread.nowMs())
    this.#cluster.policy.finish(endpoint, outcome)
    this.#endpoint = undefined
  }

  #abandon(outcome: TryOutcome): void {
    const stream = this.#stream
    this.#stream = undefined
    if (this.#isWaiting && this.#endpoint !== undefined) this.#cluster.cancel(this.#endpoint, this)
    this.#isWaiting = false
    stream?.reset()
    this.#finishTry(outcome)
  }

  #endResponse(): void {
    const record = this.#record
    record.upstreamResponseEndMs = this.#settings.thread.nowMs() - record.beginMs
    this.#stream = undefined
    if (this.#outcome !== undefined) this.#finishTry(this.#outcome)
    this.#close(!this.#isUnwanted)
  }

  #end(failure: Failure): void {
    const hasBegun = this.#hasBegun
    this.#close(false)
    this.#owner.onUpstreamFailure(failure, hasBegun)
  }

  #close(isSuccess: boolean): void {
    this.#isOver = true
    this.#settings.thread.wheel.clear(this.#deadline)
    this.#retries?.end(isSuccess)
    this.#cluster.policy.release()
  }
}

/** Shared by all that are tried once, and never changed. */
const NONE_TRIED: Endpoint[] = []

const FAILURES: Readonly<Record<StreamFailure, Failure>> = {
  reset: Failure.connectionTermination,
  'remote-reset': Failure.remoteReset,
  refused: Failure.refusedStream,
  protocol: Failure.upstreamProtocol,
}
