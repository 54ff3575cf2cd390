import {
  HeadersStatus,
  type BodyBuffer,
  DataStatus,
  type HeaderMap,
  type IterationStatus,
} from '@quadrant/wasm/proxy-wasm'

/** One filter on the way of one direction of a stream. */
export interface FilterHop {
  headers(headers: HeaderMap, isEnd: boolean): HeadersStatus
  body(body: BodyBuffer, isEnd: boolean): DataStatus
  trailers(trailers: HeaderMap): IterationStatus
}

/**
 * Why a hop does not let things through: it stopped at a body or at trailers and is called again for more of them, or at
 * the headers, and nothing else reaches it before it goes on.
 */
type HopStop = 'none' | 'single' | 'all-buffer' | 'all-watermark'

/** What a hop does with a message: how far it has let it through, and what lies at it. */
export class HopState {
  readonly hop: FilterHop
  stop: HopStop = 'none'
  hasHeaders = false
  haveHeadersGone = false
  /** Whether the headers are all there is. */
  isHeadOnly = false
  buffered: BodyBuffer | undefined
  /** Whether the end of the body lies here. */
  hasEnd = false
  hasTrailers = false
  /** Whether one of its callbacks runs, which may ask to go on before it returns. */
  isCalled = false
  isContinueAsked = false

  constructor(hop: FilterHop) {
    this.hop = hop
  }

  /** Whether the headers go on. */
  headers(headers: HeaderMap, isEnd: boolean): boolean {
    this.hasHeaders = true
    this.isHeadOnly = isEnd
    this.isCalled = true
    const status = this.hop.headers(headers, isEnd)
    this.isCalled = false
    this.stop = this.#isAskedToGoOn() ? 'none' : stopOf(status)
    return this.stop === 'none'
  }

  /** Who stops and asked to go on in the same callback goes on. */
  body(body: BodyBuffer, isEnd: boolean): DataStatus {
    this.isCalled = true
    const status = this.hop.body(body, isEnd)
    this.isCalled = false
    if (!this.#isAskedToGoOn()) return status
    // It can read what it stopped at until it is called again, and the bytes go on now.
    if (status !== DataStatus.CONTINUE) body.own()
    return DataStatus.CONTINUE
  }

  trailers(trailers: HeaderMap): IterationStatus {
    this.isCalled = true
    const status = this.hop.trailers(trailers)
    this.isCalled = false
    return this.#isAskedToGoOn() ? 0 : status
  }

  /** Whether nothing but headers reaches it. */
  get isStoppedAll(): boolean {
    return !this.haveHeadersGone
  }

  #isAskedToGoOn(): boolean {
    const isAsked = this.isContinueAsked
    this.isContinueAsked = false
    return isAsked
  }
}

function stopOf(status: HeadersStatus): HopStop {
  if (status === HeadersStatus.STOP_ALL_ITERATION_AND_BUFFER) return 'all-buffer'
  // Alone to stop the headers is asked for by nobody whom it would serve.
  const isStopped =
    status === HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK || status === HeadersStatus.STOP_ITERATION
  return isStopped ? 'all-watermark' : 'none'
}
