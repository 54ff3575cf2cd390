import { BodyBuffer, DataStatus, HeaderMap, IterationStatus } from '@quadrant/wasm/proxy-wasm'
import { HopState, type FilterHop } from './filter-hop.ts'

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
 * One direction of a stream, through the filters in their order, as Envoy's filter manager has it. What follows lies at the
 * filter that stopped it, and goes on from there. (Envoy has one heap for all, out of which a filter that goes on takes what
 * another holds back.)
 */
export class FilterPass {
  readonly #hops: readonly HopState[]
  readonly #sink: PassSink
  readonly #bufferBytesMax: number
  #headers: HeaderMap | undefined
  #trailers: HeaderMap | undefined
  #isHeld = false
  #isOver = false
  #hasHeadGone = false
  /** Whether a filter is being shown the last of a body. */
  #isEndPassing = false

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

  /** What lies at a filter. */
  buffered(index: number): BodyBuffer | undefined {
    return this.#hops[index]?.buffered
  }

  /** Nothing more goes through. */
  end(): void {
    this.#isOver = true
    for (const state of this.#hops) state.buffered = undefined
  }

  head(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isOver) return
    this.#headers = headers
    this.#passHeaders(0, isEnd)
  }

  body(chunk: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    this.#passBody(0, BodyBuffer.borrowed(chunk), isEnd)
  }

  trailers(trailers: HeaderMap): void {
    if (this.#isOver) return
    this.#trailers = trailers
    this.#passTrailers(0)
  }

  /** A filter that stopped goes on. One that did not stop changes nothing by that. */
  continue(index: number): void {
    const state = this.#hops[index]
    if (state === undefined || this.#isOver || !state.hasHeaders) return
    if (state.isCalled) state.isContinueAsked = true
    else if (state.stop !== 'none') this.#goOn(index, state)
  }

  /** Trailers that a filter adds when it sees the last of the body; undefined where it is too late, or there are some. */
  addTrailers(): HeaderMap | undefined {
    if (this.#trailers !== undefined || !this.#isEndPassing) return undefined
    this.#trailers = new HeaderMap()
    return this.#trailers
  }

  /** More for what lies at a filter that waits for all of it, before it is called. False where that is too much. */
  addBuffered(index: number, body: BodyBuffer): boolean {
    const state = this.#hops[index]
    if (state !== undefined) this.#keep(state, body, false)
    return !this.#isOver
  }

  #goOn(index: number, state: HopState): void {
    // It has not seen the body yet where it stopped at the headers.
    const next = state.isStoppedAll ? index : index + 1
    state.stop = 'none'
    if (!state.haveHeadersGone) {
      state.haveHeadersGone = true
      this.#passHeaders(index + 1, state.isHeadOnly)
    }
    const { buffered, hasEnd } = state
    if (!this.#isOver && (buffered !== undefined || hasEnd)) {
      state.buffered = undefined
      state.hasEnd = false
      this.#passBody(next, buffered ?? new BodyBuffer(), hasEnd)
      this.#release()
    }
    if (!this.#isOver && state.hasTrailers) {
      state.hasTrailers = false
      this.#passTrailers(next)
    }
  }

  #passHeaders(from: number, isEnd: boolean): void {
    const headers = this.#headers
    if (headers === undefined) return
    for (let index = from; index < this.#hops.length; index++) {
      const state = this.#hops[index]
      if (state === undefined) continue
      const goesOn = state.headers(headers, isEnd)
      if (this.#isOver || !goesOn) return
      state.haveHeadersGone = true
    }
    this.#hasHeadGone = true
    this.#sink.head(headers, isEnd)
  }

  #passBody(from: number, given: BodyBuffer, isEnd: boolean): void {
    let body = given
    const hadTrailers = this.#trailers !== undefined
    for (let index = from; index < this.#hops.length; index++) {
      const state = this.#hops[index]
      if (state === undefined) continue
      if (state.isStoppedAll) {
        state.hasEnd ||= isEnd
        this.#keep(state, body, state.stop !== 'all-buffer')
        return
      }
      this.#isEndPassing = isEnd
      const status = state.body(body, isEnd)
      this.#isEndPassing = false
      if (this.#isOver) return
      if (status === DataStatus.CONTINUE && state.stop === 'none' && state.buffered !== undefined) {
        // It has gone on since it asked for all of it: what was added for its callback goes on, too.
        state.buffered.take(body)
        body = state.buffered
        state.buffered = undefined
        this.#release()
      }
      if (isEnd && !hadTrailers && this.#trailers !== undefined) {
        this.#passBodyBefore(index, state, status, body)
        return
      }
      if (status !== DataStatus.CONTINUE || state.stop === 'single') {
        this.#stopBody(index, state, status, body, isEnd)
        return
      }
    }
    this.#sink.body(body.bytes(), isEnd)
  }

  /** A filter has added trailers: the body no longer ends the message, for those behind it. */
  #passBodyBefore(index: number, state: HopState, status: DataStatus, body: BodyBuffer): void {
    if (status !== DataStatus.CONTINUE || state.stop === 'single') {
      state.hasTrailers = true
      this.#stopBody(index, state, status, body, false)
      return
    }
    this.#passBody(index + 1, body, false)
    if (!this.#isOver) this.#passTrailers(index + 1)
  }

  #stopBody(index: number, state: HopState, status: DataStatus, body: BodyBuffer, isEnd: boolean): void {
    state.hasEnd ||= isEnd
    if (status !== DataStatus.STOP_ITERATION_NO_BUFFER)
      this.#keep(state, body, status !== DataStatus.STOP_ITERATION_AND_BUFFER)
    if (status === DataStatus.CONTINUE) this.#goOn(index, state)
    else state.stop = 'single'
  }

  #passTrailers(from: number): void {
    const trailers = this.#trailers
    if (trailers === undefined) return
    for (let index = from; index < this.#hops.length; index++) {
      const state = this.#hops[index]
      if (state === undefined) continue
      const status = state.isStoppedAll ? undefined : state.trailers(trailers)
      if (this.#isOver) return
      if (status !== IterationStatus.CONTINUE || state.stop === 'single') {
        state.hasTrailers = true
        if (status === IterationStatus.CONTINUE) this.#goOn(index, state)
        else if (status !== undefined) state.stop = 'single'
        return
      }
    }
    this.#sink.trailers(trailers)
  }

  /** @param canWait whether what brings it can be told to wait; a filter that wants all of it gets no more than there may be */
  #keep(state: HopState, body: BodyBuffer, canWait: boolean): void {
    state.buffered ??= new BodyBuffer()
    state.buffered.take(body)
    if (this.#bufferedBytes() <= this.#bufferBytesMax) return
    if (!canWait) this.#sink.tooLarge()
    else if (!this.#isHeld) {
      this.#isHeld = true
      this.#sink.hold(true)
    }
  }

  #bufferedBytes(): number {
    return this.#hops.reduce((sum, { buffered }) => sum + (buffered?.length ?? 0), 0)
  }

  #release(): void {
    if (!this.#isHeld || this.#isOver || this.#bufferedBytes() > this.#bufferBytesMax) return
    this.#isHeld = false
    this.#sink.hold(false)
  }
}
