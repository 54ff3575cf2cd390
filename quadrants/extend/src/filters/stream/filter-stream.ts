import {
  type BodyBuffer,
  type DataStatus,
  HeaderMap,
  type HeadersStatus,
  type HttpContext,
  type HttpStream,
  type IterationStatus,
  type LocalResponse,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import type { FilterSubject } from './filter-subject.ts'
import type { FilterHop } from './filter-hop.ts'
import { FilterPass, type PassSink } from './filter-pass.ts'
import { localReply } from './local-reply.ts'
import type { StreamChain, StreamSink } from './stream-chain.ts'
import type { StreamInfo } from './stream-info.ts'

/** A filter as a stream meets it: makes its context for it. */
export interface StreamFilter {
  /**
   * Undefined where the stream goes on without; false where the filter is not there, and nothing goes on without it.
   */
  openContext(stream: HttpStream): HttpContext | false | undefined
  properties(stream: FilterSubject): Properties
}

export interface FilterStreamOptions {
  /** Bytes of a body that filters may let lie, in each direction. */
  readonly bufferBytesMax: number
}

const NO_BYTES = new Uint8Array()

/** A stream through filters, request in their order and response the other way round. */
export class FilterStream implements StreamChain, FilterSubject {
  readonly info: StreamInfo
  /** Its directions, each through the filters in its own order. */
  readonly request: FilterPass
  readonly response: FilterPass
  readonly #sink: StreamSink
  readonly #contexts: HttpContext[] = []
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
      const context = filter.openContext(new FilterPlace(this, filter, this.#contexts.length))
      if (context === false) this.#isMissingFilter = true
      else if (context !== undefined) this.#contexts.push(context)
    }
    const count = this.#contexts.length
    const requestHops: FilterHop[] = []
    const responseHops: FilterHop[] = []
    for (let index = 0; index < count; index++) {
      requestHops.push(new RequestHop(this.#contexts[index]!))
      responseHops.push(new ResponseHop(this.#contexts[count - 1 - index]!))
    }
    this.request = new FilterPass(requestHops, new RequestSink(this, sink), bufferBytesMax)
    this.response = new FilterPass(responseHops, new ResponseSink(this, sink), bufferBytesMax)
  }

  get filterCount(): number {
    return this.#contexts.length
  }

  /** Whether any filter sees it. */
  get isFiltered(): boolean {
    return this.#contexts.length > 0 || this.#isMissingFilter
  }

  requestHead(headers: HeaderMap, isEnd: boolean): void {
    if (this.#isMissingFilter) {
      this.answer(FAILED, headers)
      return
    }
    this.request.head(headers, isEnd)
  }

  requestBody(chunk: Uint8Array, isEnd: boolean): void {
    this.request.body(chunk, isEnd)
  }

  requestTrailers(trailers: HeaderMap): void {
    this.request.trailers(trailers)
  }

  responseHead(headers: HeaderMap, isEnd: boolean): void {
    this.response.head(headers, isEnd)
  }

  responseBody(chunk: Uint8Array, isEnd: boolean): void {
    this.response.body(chunk, isEnd)
  }

  responseTrailers(trailers: HeaderMap): void {
    this.response.trailers(trailers)
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const context of this.#contexts) context.log()
    for (const context of this.#contexts) context.end()
    this.request.end()
    this.response.end()
  }

  get requestHeaders(): HeaderMap | undefined {
    return this.request.headers
  }

  get responseHeaders(): HeaderMap | undefined {
    return this.response.headers
  }

  get responseTrailersSeen(): HeaderMap | undefined {
    return this.response.trailersSeen
  }

  clearRouteCache(): void {
    if (!this.#isOver) this.#sink.clearRouteCache()
  }

  /** In place of the upstream's answer, through the filters of responses. */
  answer(response: LocalResponse, requestHeaders = this.request.headers): void {
    if (this.#isOver || this.#reply !== undefined) return
    this.request.end()
    // Those that a filter holds back were never sent: but then it is too late to ask the filters again.
    if (this.response.hasHeadGone) {
      this.reset()
      return
    }
    const isGrpc = requestHeaders?.get('content-type')?.startsWith('application/grpc') === true
    const { headers, body } = localReply(response, isGrpc)
    const isHead = requestHeaders?.get(':method') === 'HEAD'
    const isHeadOnly = body.length === 0 || isHead
    this.#reply = { response, headers: undefined, body: Buffer.alloc(0) }
    if (this.response.headers !== undefined) {
      // A filter of responses answers for itself and for those that come after it.
      this.response.end()
      this.sendResponseHead(headers, isHeadOnly)
      if (!isHeadOnly) this.sendResponseBody(body, true)
      return
    }
    this.response.head(headers, isHeadOnly)
    if (!isHeadOnly) this.response.body(body, true)
  }

  reset(): void {
    if (this.#isOver) return
    this.request.end()
    this.response.end()
    this.#sink.reset()
  }

  /** A request that has come through the filters. */
  sendRequestHead(headers: HeaderMap, isEnd: boolean): void {
    const problem = requestProblem(headers)
    if (problem === undefined) this.#sink.requestHead(headers, isEnd)
    else this.answer(answerOf(503, 'filter_removed_required_request_headers', problem))
  }

  /** A response that has come through the filters. */
  sendResponseHead(headers: HeaderMap, isEnd: boolean): void {
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

  sendResponseBody(chunk: Uint8Array, isEnd: boolean): void {
    if (this.#reply === undefined) {
      this.#sink.responseBody(chunk, isEnd)
      return
    }
    this.#reply.body = Buffer.concat([this.#reply.body, chunk])
    if (isEnd) this.#sendReply()
  }

  sendResponseTrailers(trailers: HeaderMap): void {
    if (this.#reply === undefined) this.#sink.responseTrailers(trailers)
    else this.#sendReply()
  }

  /** What the filters made of a response cannot be sent: it is answered past them. */
  #answerFor(problem: string): void {
    this.request.end()
    this.response.end()
    const response = answerOf(502, 'filter_removed_required_response_headers', problem)
    this.#reply = { response, ...localReply(response, false), body: response.body }
    this.#sendReply()
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

// What follows is made for each stream, so it is classes: an object with closures of its own costs each of them, and one
// with a getter a hidden class besides, which keeps all that it can reach until the next full collection.

/** What a filter's context asks of its stream. */
class FilterPlace implements HttpStream {
  readonly #stream: FilterStream
  readonly #filter: StreamFilter
  readonly #index: number
  #properties: Properties | undefined

  constructor(stream: FilterStream, filter: StreamFilter, index: number) {
    this.#stream = stream
    this.#filter = filter
    this.#index = index
  }

  get properties(): Properties {
    return (this.#properties ??= this.#filter.properties(this.#stream))
  }

  continueRequest(): void {
    this.#stream.request.continue(this.#index)
  }

  continueResponse(): void {
    this.#stream.response.continue(this.#responseIndex)
  }

  close(): void {
    this.#stream.reset()
  }

  fail(): void {
    this.#stream.answer(FAILED)
  }

  localResponse(response: LocalResponse): void {
    this.#stream.answer(response)
  }

  clearRouteCache(): void {
    this.#stream.clearRouteCache()
  }

  bufferedRequest(): BodyBuffer | undefined {
    return this.#stream.request.buffered(this.#index)
  }

  bufferedResponse(): BodyBuffer | undefined {
    return this.#stream.response.buffered(this.#responseIndex)
  }

  bufferRequest(body: BodyBuffer): boolean {
    return this.#stream.request.addBuffered(this.#index, body)
  }

  bufferResponse(body: BodyBuffer): boolean {
    return this.#stream.response.addBuffered(this.#responseIndex, body)
  }

  addRequestTrailers(): HeaderMap | undefined {
    return this.#stream.request.addTrailers()
  }

  addResponseTrailers(): HeaderMap | undefined {
    return this.#stream.response.addTrailers()
  }

  requestHeaders(): HeaderMap | undefined {
    return this.#stream.requestHeaders
  }

  responseHeaders(): HeaderMap | undefined {
    return this.#stream.responseHeaders
  }

  responseTrailers(): HeaderMap | undefined {
    return this.#stream.responseTrailersSeen
  }

  get #responseIndex(): number {
    return this.#stream.filterCount - 1 - this.#index
  }
}

class RequestHop implements FilterHop {
  readonly #context: HttpContext

  constructor(context: HttpContext) {
    this.#context = context
  }

  headers(headers: HeaderMap, isEnd: boolean): HeadersStatus {
    return this.#context.requestHeaders(headers, isEnd)
  }

  body(body: BodyBuffer, isEnd: boolean): DataStatus {
    return this.#context.requestBody(body, isEnd)
  }

  trailers(trailers: HeaderMap): IterationStatus {
    return this.#context.requestTrailers(trailers)
  }
}

class ResponseHop implements FilterHop {
  readonly #context: HttpContext

  constructor(context: HttpContext) {
    this.#context = context
  }

  headers(headers: HeaderMap, isEnd: boolean): HeadersStatus {
    return this.#context.responseHeaders(headers, isEnd)
  }

  body(body: BodyBuffer, isEnd: boolean): DataStatus {
    return this.#context.responseBody(body, isEnd)
  }

  trailers(trailers: HeaderMap): IterationStatus {
    return this.#context.responseTrailers(trailers)
  }
}

class RequestSink implements PassSink {
  readonly #stream: FilterStream
  readonly #sink: StreamSink

  constructor(stream: FilterStream, sink: StreamSink) {
    this.#stream = stream
    this.#sink = sink
  }

  head(headers: HeaderMap, isEnd: boolean): void {
    this.#stream.sendRequestHead(headers, isEnd)
  }

  body(chunk: Uint8Array, isEnd: boolean): void {
    this.#sink.requestBody(chunk, isEnd)
  }

  trailers(trailers: HeaderMap): void {
    this.#sink.requestTrailers(trailers)
  }

  hold(isHeld: boolean): void {
    this.#sink.holdRequest(isHeld)
  }

  tooLarge(): void {
    this.#stream.answer(TOO_LARGE)
  }
}

class ResponseSink implements PassSink {
  readonly #stream: FilterStream
  readonly #sink: StreamSink

  constructor(stream: FilterStream, sink: StreamSink) {
    this.#stream = stream
    this.#sink = sink
  }

  head(headers: HeaderMap, isEnd: boolean): void {
    this.#stream.sendResponseHead(headers, isEnd)
  }

  body(chunk: Uint8Array, isEnd: boolean): void {
    this.#stream.sendResponseBody(chunk, isEnd)
  }

  trailers(trailers: HeaderMap): void {
    this.#stream.sendResponseTrailers(trailers)
  }

  hold(isHeld: boolean): void {
    this.#sink.holdResponse(isHeld)
  }

  tooLarge(): void {
    this.#stream.answer(RESPONSE_TOO_LARGE)
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
