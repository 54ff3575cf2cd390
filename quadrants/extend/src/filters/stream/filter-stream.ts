import {
  type HttpContext,
  type BodyBuffer,
  HeaderMap,
  type HttpStream,
  type LocalResponse,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import { FilterPass } from './filter-pass.ts'
import { localReply } from './local-reply.ts'
import type { StreamChain, StreamSink } from './stream-chain.ts'
import type { StreamInfo } from './stream-info.ts'

/** A filter as a stream meets it: makes its context for it. */
export interface StreamFilter {
  /**
   * Undefined where the stream goes on without; false where the filter is not there, and nothing goes on without it.
   */
  openContext(stream: HttpStream): HttpContext | false | undefined
  properties(stream: FilterStream): Properties
}

export interface FilterStreamOptions {
  /** Bytes of a body that filters may let lie, in each direction. */
  readonly bufferBytesMax: number
}

const NO_BYTES = new Uint8Array()

/** A stream through filters, request in their order and response the other way round. */
export class FilterStream implements StreamChain {
  readonly info: StreamInfo
  readonly #sink: StreamSink
  readonly #contexts: HttpContext[] = []
  readonly #request: FilterPass
  readonly #response: FilterPass
  #isOver = false
  #isMissingFilter = false
  /** An answer of a filter on its way through the others, of which the parts are gathered. */
  #reply: { readonly response: LocalResponse; headers: HeaderMap | undefined; body: Uint8Array } | undefined

  constructor(
    filters: readonly StreamFilter[],
    sink: StreamSink,
    info: StreamInfo,
    { bufferBytesMax }: FilterStreamOptions,
  ) {
    this.info = info
    this.#sink = sink
    for (const filter of filters) {
      const context = filter.openContext(this.#streamOf(filter, this.#contexts.length))
      if (context === false) this.#isMissingFilter = true
      else if (context !== undefined) this.#contexts.push(context)
    }
    this.#request = new FilterPass(
      this.#contexts.map((context) => ({
        headers: (headers, isEnd) => context.requestHeaders(headers, isEnd),
        body: (body, isEnd) => context.requestBody(body, isEnd),
        trailers: (trailers) => context.requestTrailers(trailers),
      })),
      {
        head: (headers, isEnd) => this.#requestHead(headers, isEnd),
        body: (chunk, isEnd) => sink.requestBody(chunk, isEnd),
        trailers: (trailers) => sink.requestTrailers(trailers),
        hold: (isHeld) => sink.holdRequest(isHeld),
        tooLarge: () => this.#answer(TOO_LARGE),
      },
      bufferBytesMax,
    )
    this.#response = new FilterPass(
      this.#contexts.toReversed().map((context) => ({
        headers: (headers, isEnd) => context.responseHeaders(headers, isEnd),
        body: (body, isEnd) => context.responseBody(body, isEnd),
        trailers: (trailers) => context.responseTrailers(trailers),
      })),
      {
        head: (headers, isEnd) => this.#responseHead(headers, isEnd),
        body: (chunk, isEnd) => this.#responseBody(chunk, isEnd),
        trailers: (trailers) => this.#responseTrailers(trailers),
        hold: (isHeld) => sink.holdResponse(isHeld),
        tooLarge: () => this.#answer(RESPONSE_TOO_LARGE),
      },
      bufferBytesMax,
    )
  }

  /** Whether any filter sees it. */
  get isFiltered(): boolean {
    return this.#contexts.length > 0 || this.#isMissingFilter
  }

  requestHead(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isMissingFilter) {
      this.#answer(FAILED, headers)
      return
    }
    this.#request.head(headers, isEnd)
  }

  requestBody(chunk: Uint8Array, isEnd: boolean): void {
    this.#request.body(chunk, isEnd)
  }

  requestTrailers(trailers: HeaderMap): void {
    this.#request.trailers(trailers)
  }

  responseHead(headers: HeaderMap, isEnd: boolean): void {
    this.#response.head(headers, isEnd)
  }

  responseBody(chunk: Uint8Array, isEnd: boolean): void {
    this.#response.body(chunk, isEnd)
  }

  responseTrailers(trailers: HeaderMap): void {
    this.#response.trailers(trailers)
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const context of this.#contexts) context.log()
    for (const context of this.#contexts) context.end()
    this.#request.end()
    this.#response.end()
  }

  get requestHeaders(): HeaderMap | undefined {
    return this.#request.headers
  }

  get responseHeaders(): HeaderMap | undefined {
    return this.#response.headers
  }

  get responseTrailersSeen(): HeaderMap | undefined {
    return this.#response.trailersSeen
  }

  clearRouteCache(): void {
    if (!this.#isOver) this.#sink.clearRouteCache()
  }

  #streamOf(filter: StreamFilter, index: number): HttpStream {
    let known: Properties | undefined
    const properties = (): Properties => (known ??= filter.properties(this))
    return {
      get properties() {
        return properties()
      },
      continueRequest: () => this.#request.continue(index),
      continueResponse: () => this.#response.continue(this.#contexts.length - 1 - index),
      close: () => this.#reset(),
      fail: () => this.#answer(FAILED),
      localResponse: (response) => this.#answer(response),
      clearRouteCache: () => this.clearRouteCache(),
      bufferedRequest: () => this.#request.buffered(index),
      bufferedResponse: () => this.#response.buffered(this.#contexts.length - 1 - index),
      bufferRequest: (body: BodyBuffer) => this.#request.addBuffered(index, body),
      bufferResponse: (body: BodyBuffer) =>
        this.#response.addBuffered(this.#contexts.length - 1 - index, body),
      addRequestTrailers: () => this.#request.addTrailers(),
      addResponseTrailers: () => this.#response.addTrailers(),
      requestHeaders: () => this.#request.headers,
      responseHeaders: () => this.#response.headers,
      responseTrailers: () => this.#response.trailersSeen,
    }
  }

  /** In place of the upstream's answer, through the filters of responses. */
  #answer(response: LocalResponse, requestHeaders = this.#request.headers): void {
    if (this.#isOver || this.#reply !== undefined) return
    this.#request.end()
    // Those that a filter holds back were never sent: but then it is too late to ask the filters again.
    if (this.#response.hasHeadGone) {
      this.#reset()
      return
    }
    const isGrpc = requestHeaders?.get('content-type')?.startsWith('application/grpc') === true
    const { headers, body } = localReply(response, isGrpc)
    const isHead = requestHeaders?.get(':method') === 'HEAD'
    const isHeadOnly = body.length === 0 || isHead
    this.#reply = { response, headers: undefined, body: Buffer.alloc(0) }
    if (this.#response.headers !== undefined) {
      // A filter of responses answers for itself and for those that come after it.
      this.#response.end()
      this.#responseHead(headers, isHeadOnly)
      if (!isHeadOnly) this.#responseBody(body, true)
      return
    }
    this.#response.head(headers, isHeadOnly)
    if (!isHeadOnly) this.#response.body(body, true)
  }

  /** What the filters made of a response cannot be sent: it is answered past them. */
  #answerFor(problem: string): void {
    this.#request.end()
    this.#response.end()
    const response = answerOf(502, 'filter_removed_required_response_headers', problem)
    this.#reply = { response, ...localReply(response, false), body: response.body }
    this.#sendReply()
  }

  #reset(): void {
    if (this.#isOver) return
    this.#request.end()
    this.#response.end()
    this.#sink.reset()
  }

  #requestHead(headers: HeaderMap, isEnd: boolean): void {
    const problem = requestProblem(headers)
    if (problem === undefined) this.#sink.requestHead(headers, isEnd)
    else this.#answer(answerOf(503, 'filter_removed_required_request_headers', problem))
  }

  #responseHead(headers: HeaderMap, isEnd: boolean): void {
    const problem = responseProblem(headers)
    if (problem !== undefined) {
      this.#answerFor(problem)
      return
    }
    if (this.#reply === undefined) {
      this.#sink.responseHead(headers, isEnd)
      return
    }
    this.#reply.headers = headers
    if (isEnd) this.#sendReply()
  }

  #responseBody(chunk: Uint8Array, isEnd: boolean): void {
    if (this.#reply === undefined) {
      this.#sink.responseBody(chunk, isEnd)
      return
    }
    this.#reply.body = Buffer.concat([this.#reply.body, chunk])
    if (isEnd) this.#sendReply()
  }

  #responseTrailers(trailers: HeaderMap): void {
    if (this.#reply === undefined) this.#sink.responseTrailers(trailers)
    else this.#sendReply()
  }

  #sendReply(): void {
    const reply = this.#reply
    if (reply?.headers === undefined || this.#isOver) return
    const { headers, body, response } = reply
    this.#sink.localReply({
      status: Number(headers.get(':status') ?? response.status),
      headers,
      body: body.length === 0 ? NO_BYTES : body,
      // As Envoy: what stands in an access log is one word.
      details: response.details.replaceAll(/\s/g, '_'),
      grpcStatus: response.grpcStatus,
    })
  }
}

function answerOf(status: number, details: string, text: string): LocalResponse {
  return { status, details, body: Buffer.from(text), headers: EMPTY, grpcStatus: undefined }
}

const EMPTY = new HeaderMap()
const TOO_LARGE = answerOf(413, 'request_payload_too_large', 'Payload Too Large')
const RESPONSE_TOO_LARGE = answerOf(500, 'response_payload_too_large', 'Internal Server Error')
const FAILED = answerOf(503, 'wasm_fail_stream', '')

/** Why a request cannot be sent as filters have made it. */
function requestProblem(headers: HeaderMap): string | undefined {
  if (headers.malformed !== undefined) return `invalid header value for: ${headers.malformed}`
  return headers.has(':method') ? undefined : 'missing required header: :method'
}

function responseProblem(headers: HeaderMap): string | undefined {
  if (headers.malformed !== undefined) return `invalid header value for: ${headers.malformed}`
  return /^[1-9]\d\d$/.test(headers.get(':status') ?? '') ? undefined : 'missing required header: :status'
}
