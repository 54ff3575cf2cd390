import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamChain, StreamFilters, StreamSink } from '../filters/stream/stream-chain.ts'
import type { ManualClock } from './manual-clock.ts'
import { fieldsOf, lowerCased } from './test-calls.ts'
import { TestStreamInfo } from './test-stream-info.ts'
import type { ExchangeOutcome, TestExchange, TestRequest } from './test-spec.ts'

export interface Message {
  readonly headers: HeaderMap
  readonly body: string
}

export interface ExchangeResult {
  readonly outcome: ExchangeOutcome
  readonly request: Message | undefined
  readonly response: Message | undefined
  readonly details: string | undefined
  /** Of a connection: what came through. */
  readonly toUpstream?: string
  readonly toClient?: string
}

/** Has one exchange pass the filters; time goes on as long as something is under way that it may wait for. */
export function runExchange(
  filters: StreamFilters,
  exchange: TestExchange,
  clock: ManualClock,
): ExchangeResult {
  const info = new TestStreamInfo(clock.nowMs, 'HTTP/1.1')
  const passing = new Passing(exchange, clock, info)
  const chain = filters.open(passing, info)
  passing.begin(chain)
  clock.advanceUntil(() => passing.isOver)
  info.durationNs = (clock.nowMs - info.startTimeMs) * 1e6
  chain?.end()
  return passing.result()
}

/** Both ends of an exchange. */
class Passing implements StreamSink {
  isOver = false
  #chain: StreamChain | undefined
  readonly #exchange: TestExchange
  readonly #clock: ManualClock
  readonly #info: TestStreamInfo
  #requestHeaders: HeaderMap | undefined
  #requestBody = ''
  #responseHeaders: HeaderMap | undefined
  #responseBody = ''
  #details: string | undefined
  #wasReset = false

  constructor(exchange: TestExchange, clock: ManualClock, info: TestStreamInfo) {
    this.#exchange = exchange
    this.#clock = clock
    this.#info = info
  }

  begin(chain: StreamChain | undefined): void {
    const { request } = this.#exchange
    const headers = requestFields(request)
    const body = Buffer.from(request.body)
    const trailers = HeaderMap.of(lowerCased(request.trailers))
    this.#info.requestHeadBytes = headers.byteLength
    this.#info.requestBodyBytes = body.length
    this.#chain = chain
    const to = chain ?? this
    const isHeadOnly = body.length === 0 && trailers.size === 0
    to.requestHead(headers, isHeadOnly)
    if (body.length > 0) to.requestBody(body, trailers.size === 0)
    if (trailers.size > 0) to.requestTrailers(trailers)
  }

  result(): ExchangeResult {
    const request = this.#requestHeaders && { headers: this.#requestHeaders, body: this.#requestBody }
    const response = this.#responseHeaders && { headers: this.#responseHeaders, body: this.#responseBody }
    const outcome = this.#wasReset
      ? 'reset'
      : this.#details !== undefined
        ? 'answered'
        : this.isOver
          ? 'passed'
          : 'waiting'
    return { outcome, request, response, details: this.#details }
  }

  requestHead(headers: HeaderMap, isEnd: boolean): void {
    this.#requestHeaders = headers
    if (isEnd) this.#answer()
  }

  requestBody(chunk: Uint8Array, isEnd: boolean): void {
    this.#requestBody += Buffer.from(chunk).toString()
    if (isEnd) this.#answer()
  }

  requestTrailers(): void {
    this.#answer()
  }

  responseHead(headers: HeaderMap, isEnd: boolean): void {
    this.#responseHeaders = headers
    this.#info.responseStatus = Number(headers.get(':status'))
    this.isOver ||= isEnd
  }

  responseBody(chunk: Uint8Array, isEnd: boolean): void {
    this.#responseBody += Buffer.from(chunk).toString()
    this.isOver ||= isEnd
  }

  responseTrailers(): void {
    this.isOver = true
  }

  localReply({ headers, body, details }: Parameters<StreamSink['localReply']>[0]): void {
    this.#responseHeaders = headers
    this.#responseBody = Buffer.from(body).toString()
    this.#details = details
    this.#info.responseStatus = Number(headers.get(':status'))
    this.isOver = true
  }

  reset(): void {
    this.#wasReset = true
    this.isOver = true
  }

  holdRequest(): void {}

  holdResponse(): void {}

  clearRouteCache(): void {}

  /** Of the upstream, when it has all of the request. */
  #answer(): void {
    const { response } = this.#exchange
    this.#clock.later(response.afterMs, () => {
      if (this.isOver) return
      const to = this.#chain ?? this
      const isBroken = response.isBroken
      const body = Buffer.from(isBroken ? BROKEN : response.body)
      const trailers = isBroken ? new HeaderMap() : HeaderMap.of(lowerCased(response.trailers))
      const headers = isBroken
        ? HeaderMap.of([
            [':status', '503'],
            ['content-type', 'text/plain'],
            ['content-length', String(body.length)],
          ])
        : fieldsOf(response)
      to.responseHead(headers, body.length === 0 && trailers.size === 0)
      if (body.length > 0) to.responseBody(body, trailers.size === 0)
      if (trailers.size > 0) to.responseTrailers(trailers)
    })
  }
}

const BROKEN =
  'upstream connect error or disconnect/reset before headers. reset reason: connection termination'

function requestFields({ method, path, headers, body }: TestRequest): HeaderMap {
  const given = new Map(lowerCased(headers))
  const own = {
    ':method': method === '' ? (body === '' ? 'GET' : 'POST') : method,
    ':scheme': given.get(':scheme') ?? 'http',
    ':authority': given.get(':authority') ?? given.get('host') ?? 'test.example',
    ':path': path,
  }
  return HeaderMap.of([
    ...Object.entries(own),
    ...[...given].filter(([name]) => !name.startsWith(':') && name !== 'host'),
  ])
}
