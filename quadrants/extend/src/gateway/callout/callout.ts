import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { TryOutcome } from '../cluster/try-outcome.ts'
import type { Endpoint } from '../cluster/endpoint.ts'
import { connectFailure, Failure } from '../exchange/failure.ts'
import { grpcStatusOf } from '../exchange/message-fields.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { UpstreamCluster } from '../upstream/upstream-cluster.ts'
import type {
  OpenFailure,
  StreamFailure,
  UpstreamHandler,
  UpstreamStream,
} from '../upstream/upstream-stream.ts'

/** Who asked, and is told what comes. */
export interface CalloutReceiver {
  head(headers: HeaderMap, isEnd: boolean): void
  /** The bytes stay as they are. */
  body(bytes: Uint8Array, isEnd: boolean): void
  trailers(trailers: HeaderMap): void
  /** There is nothing more; `hasBegun`: in the middle of an answer. */
  failed(failure: Failure, hasBegun: boolean): void
}

export interface CalloutOptions {
  readonly thread: GatewayThread
  readonly cluster: UpstreamCluster
  /** 0 for none. */
  readonly timeoutMs: number
}

/** A request that somebody within the gateway makes, once: what is to be tried again is asked again. */
export class Callout implements UpstreamHandler, DeadlineOwner {
  readonly #thread: GatewayThread
  readonly #cluster: UpstreamCluster
  readonly #receiver: CalloutReceiver
  readonly #deadline = new Deadline(this)
  readonly #headers: HeaderMap
  /** What is to be sent when there is somebody to send it to. */
  #waiting: Uint8Array[] = []
  #trailers: HeaderMap | undefined
  #isRequestEnded = false
  #endpoint: Endpoint | undefined
  #stream: UpstreamStream | undefined
  #outcome: TryOutcome = { kind: 'cancelled' }
  #hasBegun = false
  #isOver = false

  constructor(headers: HeaderMap, receiver: CalloutReceiver, { thread, cluster, timeoutMs }: CalloutOptions) {
    this.#thread = thread
    this.#cluster = cluster
    this.#headers = headers
    this.#receiver = receiver
    if (timeoutMs > 0) thread.wheel.set(this.#deadline, timeoutMs)
  }

  /** Not before all is given that is there from the start; what is wrong is told at once or later. */
  begin(): void {
    const { policy } = this.#cluster
    if (policy.admit() !== undefined) {
      this.#isOver = true
      this.#thread.wheel.clear(this.#deadline)
      this.#receiver.failed(Failure.overflow, false)
      return
    }
    const endpoint = policy.pick({ hash: undefined, tried: [] })
    if (endpoint === undefined) {
      this.#fail({ kind: 'cancelled' }, Failure.noHealthyUpstream)
      return
    }
    this.#endpoint = endpoint
    policy.begin(endpoint)
    this.#cluster.open(endpoint, this)
  }

  send(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver || this.#isRequestEnded) return
    this.#isRequestEnded = isEnd
    if (this.#stream === undefined) this.#waiting.push(bytes)
    else {
      this.#stream.requestBody(bytes, isEnd)
      this.#stream.flush()
    }
  }

  end(trailers?: HeaderMap): void {
    if (this.#isOver || this.#isRequestEnded) return
    this.#isRequestEnded = true
    this.#trailers = trailers
    if (this.#stream !== undefined) this.#sendEnd(this.#stream)
  }

  /** Nobody wants an answer. */
  cancel(): void {
    if (this.#isOver) return
    if (this.#stream === undefined && this.#endpoint !== undefined) this.#cluster.cancel(this.#endpoint, this)
    this.#stream?.reset()
    this.#finish({ kind: 'cancelled' })
  }

  onDeadline(): void {
    if (this.#stream === undefined && this.#endpoint !== undefined) this.#cluster.cancel(this.#endpoint, this)
    this.#stream?.reset()
    this.#fail({ kind: 'timeout' }, Failure.timeout)
  }

  onUpstream(stream: UpstreamStream): void {
    this.#stream = stream
    const isHeadOnly = this.#isRequestEnded && this.#waiting.length === 0 && this.#trailers === undefined
    stream.requestHead(this.#headers, isHeadOnly)
    for (const [index, bytes] of this.#waiting.entries()) {
      const isLast = index === this.#waiting.length - 1
      stream.requestBody(bytes, isLast && this.#isRequestEnded && this.#trailers === undefined)
    }
    if (this.#trailers !== undefined) stream.requestTrailers(this.#trailers)
    this.#waiting = []
    stream.flush()
  }

  onOpenFailure(failure: OpenFailure, reason: string): void {
    if (failure === 'connect-failure') this.#fail({ kind: failure }, connectFailure(reason))
    else if (failure === 'connect-timeout') this.#fail({ kind: failure }, Failure.connectTimeout)
    else this.#fail({ kind: 'cancelled' }, Failure.overflow)
  }

  onInterim(): void {}

  onResponseHead(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isOver) return
    this.#hasBegun = true
    this.#outcome = {
      kind: 'response',
      status: Number(headers.get(':status')),
      grpcStatus: grpcStatusOf(headers),
      retryAfter: headers.get('retry-after'),
    }
    if (isEnd) this.#answered()
    this.#receiver.head(headers, isEnd)
  }

  onResponseBody(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    if (isEnd) this.#answered()
    this.#receiver.body(this.#thread.transport.keep(bytes), isEnd)
  }

  onResponseTrailers(headers: HeaderMap): void {
    if (this.#isOver) return
    this.#answered()
    this.#receiver.trailers(headers)
  }

  onResponsePause(): void {}

  onStreamFailure(failure: StreamFailure): void {
    const told =
      failure === 'remote-reset'
        ? Failure.remoteReset
        : failure === 'refused'
          ? Failure.refusedStream
          : failure === 'protocol'
            ? Failure.upstreamProtocol
            : Failure.connectionTermination
    this.#fail(
      failure === 'refused' ? { kind: 'refused' } : { kind: 'reset', hasBegun: this.#hasBegun },
      told,
    )
  }

  onRequestWritable(): void {}

  #sendEnd(stream: UpstreamStream): void {
    if (this.#trailers === undefined) stream.requestBody(NO_BYTES, true)
    else stream.requestTrailers(this.#trailers)
    stream.flush()
  }

  /** All of it has come: what is still to be sent nobody waits for. */
  #answered(): void {
    if (!this.#isRequestEnded) this.#stream?.reset()
    this.#finish(this.#outcome)
  }

  #fail(outcome: TryOutcome, failure: Failure): void {
    if (this.#isOver) return
    this.#finish(outcome)
    this.#receiver.failed(failure, this.#hasBegun)
  }

  #finish(outcome: TryOutcome): void {
    this.#isOver = true
    this.#waiting = []
    this.#thread.wheel.clear(this.#deadline)
    const { policy } = this.#cluster
    if (this.#endpoint !== undefined) policy.finish(this.#endpoint, outcome)
    policy.release()
  }
}

const NO_BYTES = new Uint8Array()
