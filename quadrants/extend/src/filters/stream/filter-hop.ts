import {
  DataStatus,
  HeadersStatus,
  IterationStatus,
  type BodyBuffer,
  type HeaderMap,
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
export type HopStop = 'none' | 'single' | 'all-buffer' | 'all-watermark'

export function stopOf(status: HeadersStatus): HopStop {
  if (status === HeadersStatus.STOP_ALL_ITERATION_AND_BUFFER) return 'all-buffer'
  // Alone to stop the headers is asked for by nobody whom it would serve.
  const isStopped =
    status === HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK || status === HeadersStatus.STOP_ITERATION
  return isStopped ? 'all-watermark' : 'none'
}

/** What a hop does with a message, and how far it has let it through. */
export class HopState {
  readonly hop: FilterHop
  stop: HopStop = 'none'
  hasHeaders = false
  haveHeadersGone = false
  /** Whether one of its callbacks runs, which may ask to go on before it returns. */
  isCalled = false
  isContinueAsked = false

  constructor(hop: FilterHop) {
    this.hop = hop
  }

  headers(headers: HeaderMap, isEnd: boolean): HeadersStatus {
    this.hasHeaders = true
    return this.#called(() => this.hop.headers(headers, isEnd), HeadersStatus.CONTINUE)
  }

  body(body: BodyBuffer, isEnd: boolean): DataStatus {
    return this.#called(() => this.hop.body(body, isEnd), DataStatus.CONTINUE)
  }

  trailers(trailers: HeaderMap): IterationStatus {
    return this.#called(() => this.hop.trailers(trailers), IterationStatus.CONTINUE)
  }

  get isStoppedAll(): boolean {
    return this.stop === 'all-buffer' || this.stop === 'all-watermark'
  }

  /** Who stops and asked to go on in the same callback goes on. */
  #called<T extends number>(callback: () => T, onward: T): T {
    this.isCalled = true
    this.isContinueAsked = false
    const status = callback()
    this.isCalled = false
    return this.isContinueAsked ? onward : status
  }
}
