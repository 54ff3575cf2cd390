import { BufferType, DataStatus, HeadersStatus, IterationStatus, MapType, Result, StreamType } from './abi.ts'
import type { BodyBuffer } from './body-buffer.ts'
import type { FilterContext, LocalResponse } from './context.ts'
import type { Properties } from './filter-host.ts'
import type { FilterVm } from './filter-vm.ts'
import type { HeaderMap } from './header-map.ts'
import type { RootContext } from './root-context.ts'

/** The stream that a context belongs to, by whoever has filters in a row. */
export interface HttpStream {
  readonly properties: Properties
  continueRequest(): void
  continueResponse(): void
  close(): void
  /** Its filter is over: it answers in place of it, or ends. */
  fail(): void
  localResponse(response: LocalResponse): void
  clearRouteCache(): void
  /** What a filter has let lie of the body so far; undefined where there is none. */
  bufferedRequest(): BodyBuffer | undefined
  bufferedResponse(): BodyBuffer | undefined
  /** More of it, when the filter is called again. False where the stream ended of it. */
  bufferRequest(body: BodyBuffer): boolean
  bufferResponse(body: BodyBuffer): boolean
  /** Trailers that come behind the last of a body, which a filter sees at the time; undefined where there can be none. */
  addRequestTrailers(): HeaderMap | undefined
  addResponseTrailers(): HeaderMap | undefined
  /** For those that log. */
  requestHeaders(): HeaderMap | undefined
  responseHeaders(): HeaderMap | undefined
  responseTrailers(): HeaderMap | undefined
}

/**
 * A stream of HTTP within an instance. What a guest can read of it is what its callback is about, as in Envoy: of the
 * request's headers nothing is left once they have gone on.
 */
export class HttpContext implements FilterContext {
  readonly id: number
  readonly root: RootContext
  readonly #vm: FilterVm
  readonly #stream: HttpStream
  readonly #isFailOpen: boolean
  #requestHeaders: HeaderMap | undefined
  #requestTrailers: HeaderMap | undefined
  #responseHeaders: HeaderMap | undefined
  #responseTrailers: HeaderMap | undefined
  #requestBody: BodyBuffer | undefined
  #responseBody: BodyBuffer | undefined
  #isBufferingRequest = false
  #isBufferingResponse = false
  #isCreated = false
  #isStarted = false
  #isLogging = false
  #isOver = false
  #hasFailed = false

  constructor(root: RootContext, id: number, stream: HttpStream, isFailOpen: boolean) {
    this.id = id
    this.root = root
    this.#vm = root.vm
    this.#stream = stream
    this.#isFailOpen = isFailOpen
    this.#vm.contexts.set(id, this)
  }

  get properties(): Properties {
    return this.#stream.properties
  }

  requestHeaders(headers: HeaderMap, isEnd: boolean): HeadersStatus {
    this.#create()
    this.#isStarted = true
    this.#requestHeaders = headers
    const status = this.#headers(this.#vm.exports.onRequestHeaders, headers, isEnd)
    if (status === HeadersStatus.CONTINUE) this.#requestHeaders = undefined
    return status
  }

  requestBody(body: BodyBuffer, isEnd: boolean): DataStatus {
    if (!this.#isStarted) return DataStatus.CONTINUE
    if (this.#isBufferingRequest && !this.#stream.bufferRequest(body))
      return DataStatus.STOP_ITERATION_NO_BUFFER
    this.#requestBody = body
    const length = this.#bodyOf(BufferType.HTTP_REQUEST_BODY)?.length ?? 0
    const status = this.#data(this.#vm.exports.onRequestBody, length, isEnd)
    this.#isBufferingRequest = status === DataStatus.STOP_ITERATION_AND_BUFFER
    // What is not kept may be written over as soon as this returns.
    if (!isKept(status)) this.#requestBody = undefined
    return status
  }

  requestTrailers(trailers: HeaderMap): IterationStatus {
    if (!this.#isStarted) return IterationStatus.CONTINUE
    this.#requestTrailers = trailers
    const status = this.#trailers(this.#vm.exports.onRequestTrailers, trailers)
    if (status === IterationStatus.CONTINUE) this.#requestTrailers = undefined
    return status
  }

  responseHeaders(headers: HeaderMap, isEnd: boolean): HeadersStatus {
    if (!this.#isStarted) return HeadersStatus.CONTINUE
    this.#responseHeaders = headers
    const status = this.#headers(this.#vm.exports.onResponseHeaders, headers, isEnd)
    if (status === HeadersStatus.CONTINUE) this.#responseHeaders = undefined
    return status
  }

  responseBody(body: BodyBuffer, isEnd: boolean): DataStatus {
    if (!this.#isStarted) return DataStatus.CONTINUE
    if (this.#isBufferingResponse && !this.#stream.bufferResponse(body))
      return DataStatus.STOP_ITERATION_NO_BUFFER
    this.#responseBody = body
    const length = this.#bodyOf(BufferType.HTTP_RESPONSE_BODY)?.length ?? 0
    const status = this.#data(this.#vm.exports.onResponseBody, length, isEnd)
    this.#isBufferingResponse = status === DataStatus.STOP_ITERATION_AND_BUFFER
    if (!isKept(status)) this.#responseBody = undefined
    return status
  }

  responseTrailers(trailers: HeaderMap): IterationStatus {
    if (!this.#isStarted) return IterationStatus.CONTINUE
    this.#responseTrailers = trailers
    const status = this.#trailers(this.#vm.exports.onResponseTrailers, trailers)
    if (status === IterationStatus.CONTINUE) this.#responseTrailers = undefined
    return status
  }

  /** `proxy_on_log`, when all is known of it. */
  log(): void {
    this.#create()
    this.#isLogging = true
    this.#vm.invoke(this, this.#vm.exports.onLog, 0, this.id)
    this.#isLogging = false
  }

  /** The stream is over. A guest that is not done is not waited for, as there is nothing left to wait for. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#isCreated) {
      this.#vm.invoke(this, this.#vm.exports.onDone, 1, this.id)
      this.#vm.invoke(this, this.#vm.exports.onDelete, 0, this.id)
    }
    this.#vm.contexts.delete(this.id)
  }

  /** Its instance is over while it waits: it goes on without, or not at all. */
  crashed(): void {
    if (this.#isOver || this.#failed()) return
    this.#stream.continueRequest()
    this.#stream.continueResponse()
  }

  map(type: MapType): HeaderMap | undefined {
    switch (type) {
      case MapType.REQUEST_HEADERS:
        return this.#isLogging ? this.#stream.requestHeaders() : this.#requestHeaders
      case MapType.RESPONSE_HEADERS:
        return this.#isLogging ? this.#stream.responseHeaders() : this.#responseHeaders
      case MapType.RESPONSE_TRAILERS:
        return this.#isLogging ? this.#stream.responseTrailers() : this.#responseTrailers
      case MapType.REQUEST_TRAILERS:
        return this.#requestTrailers
      default:
        return this.root.map(type)
    }
  }

  mutableMap(type: MapType): HeaderMap | undefined {
    switch (type) {
      case MapType.REQUEST_HEADERS:
        return this.#requestHeaders
      case MapType.RESPONSE_HEADERS:
        return this.#responseHeaders
      case MapType.RESPONSE_TRAILERS:
        return (this.#responseTrailers ??= this.#stream.addResponseTrailers())
      case MapType.REQUEST_TRAILERS:
        return (this.#requestTrailers ??= this.#stream.addRequestTrailers())
      default:
        return undefined
    }
  }

  buffer(type: BufferType): BodyBuffer | Uint8Array | undefined {
    return type === BufferType.HTTP_REQUEST_BODY || type === BufferType.HTTP_RESPONSE_BODY
      ? (this.#bodyOf(type) ?? this.root.buffer(type))
      : this.root.buffer(type)
  }

  continueStream(type: StreamType): Result {
    if (type === StreamType.REQUEST) this.#vm.defer(() => this.#ifAlive(() => this.#stream.continueRequest()))
    else if (type === StreamType.RESPONSE)
      this.#vm.defer(() => this.#ifAlive(() => this.#stream.continueResponse()))
    else return type === StreamType.UPSTREAM ? Result.UNIMPLEMENTED : Result.OK
    this.#requestHeaders = undefined
    this.#requestBody = undefined
    this.#requestTrailers = undefined
    return Result.OK
  }

  closeStream(type: StreamType): Result {
    if (type === StreamType.REQUEST || type === StreamType.RESPONSE)
      this.#vm.defer(() => this.#ifAlive(() => this.#stream.close()))
    return Result.OK
  }

  localResponse(response: LocalResponse): Result {
    this.#vm.isIterationStopped = true
    this.#vm.defer(() => this.#ifAlive(() => this.#stream.localResponse(response)))
    return Result.OK
  }

  clearRouteCache(): void {
    this.#stream.clearRouteCache()
  }

  done(): Result {
    return Result.NOT_FOUND
  }

  #bodyOf(type: BufferType): BodyBuffer | undefined {
    if (type === BufferType.HTTP_REQUEST_BODY)
      return this.#isBufferingRequest ? this.#stream.bufferedRequest() : this.#requestBody
    return this.#isBufferingResponse ? this.#stream.bufferedResponse() : this.#responseBody
  }

  #create(): void {
    if (this.#isCreated) return
    this.#isCreated = true
    this.#vm.invoke(this, this.#vm.exports.onContextCreate, 0, this.id, this.root.id)
  }

  #headers(callback: FilterVm['exports']['onLog'], headers: HeaderMap, isEnd: boolean): HeadersStatus {
    const hadFailed = this.#hasFailed
    const status = this.#vm.invoke(this, callback, 0, this.id, headers.size, isEnd ? 1 : 0)
    if (this.#vm.crash !== undefined)
      return !hadFailed && this.#failed()
        ? HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK
        : HeadersStatus.CONTINUE
    // To stop the headers and let the body go on is what nobody means who returns 1.
    if (status === HeadersStatus.STOP_ITERATION || !isHeadersStatus(status))
      return HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK
    return status
  }

  #data(callback: FilterVm['exports']['onLog'], length: number, isEnd: boolean): DataStatus {
    const hadFailed = this.#hasFailed
    const status = this.#vm.invoke(this, callback, 0, this.id, length, isEnd ? 1 : 0)
    if (this.#vm.crash !== undefined)
      return !hadFailed && this.#failed() ? DataStatus.STOP_ITERATION_NO_BUFFER : DataStatus.CONTINUE
    return isDataStatus(status) ? status : DataStatus.STOP_ITERATION_NO_BUFFER
  }

  #trailers(callback: FilterVm['exports']['onLog'], trailers: HeaderMap): IterationStatus {
    const hadFailed = this.#hasFailed
    const status = this.#vm.invoke(this, callback, 0, this.id, trailers.size)
    if (this.#vm.crash !== undefined)
      return !hadFailed && this.#failed() ? IterationStatus.STOP_ITERATION : IterationStatus.CONTINUE
    return status === 0 ? IterationStatus.CONTINUE : IterationStatus.STOP_ITERATION
  }

  /** Whether the stream ends of it that its filter is over. The answer that it gets then goes past that filter. */
  #failed(): boolean {
    if (this.#isFailOpen) return false
    if (!this.#hasFailed) {
      this.#hasFailed = true
      this.#vm.defer(() => this.#ifAlive(() => this.#stream.fail()))
    }
    return true
  }

  #ifAlive(action: () => void): void {
    if (!this.#isOver) action()
  }
}

function isHeadersStatus(status: number): status is HeadersStatus {
  return status <= HeadersStatus.STOP_ALL_ITERATION_AND_WATERMARK
}

function isDataStatus(status: number): status is DataStatus {
  return status <= DataStatus.STOP_ITERATION_NO_BUFFER
}

function isKept(status: DataStatus): boolean {
  return status === DataStatus.STOP_ITERATION_AND_BUFFER || status === DataStatus.STOP_ITERATION_AND_WATERMARK
}
