import { BodyBuffer, DataStatus, IterationStatus, type HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { HopState, stopOf, type FilterHop } from './filter-hop.ts'

/** Where a message is to go that came through all filters of a direction. */
export interface PassSink {
  head(headers: HeaderMap, isEnd: boolean): void
  body(chunk: Uint8Array, isEnd: boolean): void
  trailers(trailers: HeaderMap): void
  /** More of the body lies here than may: what brings it is to wait. */
  hold(isHeld: boolean): void
  /** A filter wants all of a body that has more bytes than it may have. */
  tooLarge(): void
}

/**
 * One direction of a stream, through the filters in their order, as Envoy's filter manager has it: a filter that stops
 * keeps from those behind it what follows, which lies here meanwhile. There is one such heap a direction, whichever filter
 * stopped; a filter that goes on has what lies there sent to those behind it.
 */
export class FilterPass {
  readonly #hops: readonly HopState[]
  readonly #sink: PassSink
  readonly #bufferBytesMax: number
  #headers: HeaderMap | undefined
  #trailers: HeaderMap | undefined
  #buffered: BodyBuffer | undefined
  #isComplete = false
  #isHeld = false
  #isOver = false
  #hasHeadGone = false

  constructor(hops: readonly FilterHop[], sink: PassSink, bufferBytesMax: number) {
    this.#hops = hops.map((hop) => new HopState(hop))
    this.#sink = sink
    this.#bufferBytesMax = bufferBytesMax
  }

  get headers(): HeaderMap | undefined {
    return this.#headers
  }

  get trailersSeen(): HeaderMap | undefined {
    return this.#trailers
  }

  /** Whether the head has gone to the sink. */
  get hasHeadGone(): boolean {
    return this.#hasHeadGone
  }

  get buffered(): BodyBuffer | undefined {
    return this.#buffered
  }

  /** Nothing more goes through. */
  end(): void {
    this.#isOver = true
    this.#buffered = undefined
  }

  head(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isOver) return
    this.#headers = headers
    this.#isComplete ||= isEnd
    this.#passHeaders(0, isEnd)
  }

  body(chunk: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    this.#isComplete ||= isEnd
    const body = new BodyBuffer()
    body.append(chunk)
    this.#passBody(0, body, isEnd)
  }

  trailers(trailers: HeaderMap): void {
    if (this.#isOver) return
    this.#trailers = trailers
    this.#isComplete = true
    this.#passTrailers(0)
  }

  /** A filter that stopped goes on. One that did not stop changes nothing by that. */
  continue(index: number): void {
    const state = this.#hops[index]
    if (state === undefined || this.#isOver || !state.hasHeaders) return
    if (state.isCalled) {
      state.isContinueAsked = true
      return
    }
    if (state.stop !== 'none') this.#goOn(index, state)
  }

  /** More for what lies here, before the filter that waits for it is called. False where that is too much. */
  addBuffered(body: BodyBuffer): boolean {
    this.#keep(body, false)
    return !this.#isOver
  }

  #goOn(index: number, state: HopState): void {
    // It has not seen the body yet where it stopped at the headers.
    const next = state.isStoppedAll ? index : index + 1
    state.stop = 'none'
    if (!state.haveHeadersGone) {
      state.haveHeadersGone = true
      const isEnd = this.#isComplete && this.#buffered === undefined && this.#trailers === undefined
      this.#passHeaders(index + 1, isEnd)
    }
    if (this.#isOver) return
    const buffered = this.#buffered
    if (buffered !== undefined)
      this.#passBody(next, buffered, this.#isComplete && this.#trailers === undefined)
    if (!this.#isOver && this.#trailers !== undefined) this.#passTrailers(next)
  }

  #passHeaders(from: number, isEnd: boolean): void {
    const headers = this.#headers
    if (headers === undefined) return
    for (let index = from; index < this.#hops.length; index++) {
      const state = this.#hops[index]
      if (state === undefined) continue
      const status = state.headers(headers, isEnd)
      if (this.#isOver) return
      state.stop = stopOf(status)
      if (state.stop !== 'none') return
      state.haveHeadersGone = true
    }
    this.#hasHeadGone = true
    this.#sink.head(headers, isEnd)
  }

  #passBody(from: number, body: BodyBuffer, isEnd: boolean): void {
    for (let index = from; index < this.#hops.length; index++) {
      const state = this.#hops[index]
      if (state === undefined) continue
      if (state.isStoppedAll || !state.haveHeadersGone) {
        this.#keep(body, state.stop !== 'all-buffer')
        return
      }
      const status = state.body(body, isEnd)
      if (this.#isOver) return
      if (status !== DataStatus.CONTINUE) {
        state.stop = 'single'
        this.#stopBody(body, status)
        return
      }
      if (state.stop === 'single') {
        this.#keep(body, true)
        this.#goOn(index, state)
        return
      }
    }
    if (body === this.#buffered) {
      this.#buffered = undefined
      this.#release()
    }
    this.#sink.body(body.bytes(), isEnd)
  }

  #stopBody(body: BodyBuffer, status: DataStatus): void {
    if (status !== DataStatus.STOP_ITERATION_NO_BUFFER) {
      this.#keep(body, status === DataStatus.STOP_ITERATION_AND_WATERMARK)
    } else if (this.#isComplete && this.#trailers === undefined) {
      // So that those behind it learn of the end when it goes on.
      this.#buffered ??= new BodyBuffer()
    }
  }

  #passTrailers(from: number): void {
    const trailers = this.#trailers
    if (trailers === undefined) return
    for (let index = from; index < this.#hops.length; index++) {
      const state = this.#hops[index]
      if (state === undefined) continue
      if (state.isStoppedAll || !state.haveHeadersGone) return
      const status = state.trailers(trailers)
      if (this.#isOver) return
      if (status !== IterationStatus.CONTINUE) {
        state.stop = 'single'
        return
      }
      if (state.stop === 'single') {
        this.#goOn(index, state)
        return
      }
    }
    this.#sink.trailers(trailers)
  }

  /** @param canWait whether what brings it can be told to wait; a filter that wants all of it gets no more than there may be */
  #keep(body: BodyBuffer, canWait: boolean): void {
    if (body !== this.#buffered) {
      this.#buffered ??= new BodyBuffer()
      this.#buffered.take(body)
    }
    if (this.#buffered.length <= this.#bufferBytesMax) return
    if (!canWait) this.#sink.tooLarge()
    else if (!this.#isHeld) {
      this.#isHeld = true
      this.#sink.hold(true)
    }
  }

  #release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#sink.hold(false)
  }
}
