import type { ExchangeWatch, FieldBlock } from './http2/streams/exchange-watch.ts'
import type { HttpExchange } from './http2/streams/http-exchange.ts'
import { parseTraceParent, type TraceParent, withoutQuery } from './kernel/captured-head.ts'
import { HeaderLimit, type KeptHeader, redactHeaders } from './redaction/redact-headers.ts'
import { redactTarget } from './redaction/redact-target.ts'
import type { SecretNames } from './redaction/secret-names.ts'
import type { RequestSeries, SeriesPlace } from './request-source.ts'
import type { RequestProtocolName } from './sampling/sampling-rule.ts'

/** A request that a rule asked for with its response, whoever read them; without secrets. It may grow until it is over. */
export interface CapturedExchange {
  /** The socket's cookie. */
  readonly connection: number
  /** Of HTTP/2; 0 in HTTP/1. */
  readonly stream: number
  readonly place: SeriesPlace
  /** How it was seen. */
  readonly source: NonNullable<RequestSeries['source']>
  readonly protocol: RequestProtocolName
  /** Number of the rules that held for it, and the place of the one that asked for it. */
  readonly generation: number
  readonly rule: number
  /** Empty where it is not known, as the target is. */
  readonly method: string
  readonly target: string
  /** The path as it was sent, up to its query: routes are made of it, and it is told to nobody. */
  readonly path: string | undefined
  readonly authority: string
  readonly requestFields: readonly KeptHeader[]
  /** Of the final head, then of the trailers. */
  readonly responseFields: readonly KeptHeader[]
  /** Fields that are not among them, both ways: over a limit, or not known. */
  readonly omitted: number
  /** Of these, those that nobody can know who did not see the connection's beginning, and those longer than a limit. */
  readonly unknown: number
  readonly traceParent: TraceParent | undefined
  /** Of the monotonic clock; undefined where it was not seen. */
  readonly startNs: number
  readonly requestEndNs: number | undefined
  readonly responseStartNs: number | undefined
  readonly responseEndNs: number | undefined
  readonly status: number | undefined
  readonly grpcStatus: number | undefined
  /** Of bodies; 0 where nobody counts them. */
  readonly requestBytes: number
  readonly responseBytes: number
  /** Undefined where it is not known: it was waited for for so long, or something of the connection is missing. */
  readonly outcome: 'answered' | 'aborted' | 'upgraded' | undefined
  readonly isOver: boolean
}

/** By which rule an exchange is captured, and where it was seen. */
export type CaptureOrigin = Pick<CapturedExchange, 'connection' | 'place' | 'source' | 'generation' | 'rule'>

/** As rules name it. */
export function protocolOf({ version, isGrpc }: HttpExchange): RequestProtocolName {
  if (version !== undefined) return 'http1'
  return isGrpc ? 'grpc' : 'http2'
}

/** Captures one exchange as it goes on: its fields are kept without secrets and within their limits. */
export class ExchangeCapture implements CapturedExchange, ExchangeWatch {
  readonly connection: number
  readonly place: SeriesPlace
  readonly source: CapturedExchange['source']
  readonly generation: number
  readonly rule: number
  readonly method: string
  readonly target: string
  readonly path: string | undefined
  readonly authority: string
  readonly requestFields: readonly KeptHeader[]
  readonly traceParent: TraceParent | undefined
  readonly startNs: number
  responseFields: readonly KeptHeader[] = []
  omitted: number
  unknown: number
  isOver = false
  readonly #exchange: HttpExchange
  readonly #secrets: SecretNames
  readonly #onEnd: () => void

  /** @param exchange grows, too @param onEnd is called when it is over */
  constructor(
    exchange: HttpExchange,
    request: FieldBlock,
    origin: CaptureOrigin,
    { secrets, onEnd }: { readonly secrets: SecretNames; readonly onEnd: () => void },
  ) {
    this.#exchange = exchange
    this.#secrets = secrets
    this.#onEnd = onEnd
    this.connection = origin.connection
    this.place = origin.place
    this.source = origin.source
    this.generation = origin.generation
    this.rule = origin.rule
    const { method = '', path, authority } = exchange
    const target = path ?? (method === 'CONNECT' ? authority : undefined) ?? ''
    this.method = method
    this.target = redactTarget(target, secrets)
    this.path = path && withoutQuery(path)
    this.authority = authority === undefined ? '' : shownAuthority(authority, secrets)
    this.startNs = exchange.requestStartNs ?? exchange.endNs
    const { fields, omitted } = redactHeaders(request.list, secrets)
    this.requestFields = fields
    this.unknown = request.unknownCount
    this.omitted = omitted + request.unknownCount
    const traced = request.list.find(([name]) => name.toLowerCase() === 'traceparent')
    this.traceParent = traced && parseTraceParent(traced[1])
  }

  response({ list, unknownCount }: FieldBlock): void {
    const { fields, omitted } = redactHeaders(list, this.#secrets)
    const all = [...this.responseFields, ...fields]
    this.responseFields = all.slice(0, HeaderLimit.fields)
    this.unknown += unknownCount
    this.omitted += omitted + unknownCount + all.length - this.responseFields.length
  }

  end(): void {
    this.isOver = true
    this.#onEnd()
  }

  get stream(): number {
    return this.#exchange.version === undefined ? this.#exchange.streamId : 0
  }

  get protocol(): RequestProtocolName {
    return protocolOf(this.#exchange)
  }

  get requestEndNs(): number | undefined {
    return this.#exchange.requestEndNs
  }

  get responseStartNs(): number | undefined {
    return this.#exchange.responseStartNs
  }

  get responseEndNs(): number | undefined {
    return this.#exchange.responseEndNs
  }

  get status(): number | undefined {
    return this.#exchange.status
  }

  get grpcStatus(): number | undefined {
    return this.#exchange.grpcStatus
  }

  get requestBytes(): number {
    return this.#exchange.requestBytes
  }

  get responseBytes(): number {
    return this.#exchange.responseBytes
  }

  get outcome(): CapturedExchange['outcome'] {
    const { end, status } = this.#exchange
    if (!this.isOver || end === 'unknown') return undefined
    const isTunnel = this.method === 'CONNECT' && status !== undefined && status >= 200 && status < 300
    if (isTunnel || status === 101) return 'upgraded'
    return end === 'complete' ? 'answered' : 'aborted'
  }
}

/** As the value of `Host` is told. */
function shownAuthority(authority: string, secrets: SecretNames): string {
  return redactHeaders([['host', authority]], secrets).fields[0]!.value
}
