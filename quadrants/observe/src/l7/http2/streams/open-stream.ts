import type { ExchangeWatch, FieldBlock } from './exchange-watch.ts'
import type { ExchangeEnd, HttpExchange } from './http-exchange.ts'
import type { MessageFields } from './message-fields.ts'

/** Informational responses that are kept of one exchange. */
const INFORMATIONAL_MAX = 8
/** Header blocks of a response that came by before its request. */
const EARLY_MAX = 2
const NONE: readonly number[] = []
const NO_FIELDS: ReadonlyMap<string, string> = new Map()

/** An exchange that is not over; it is told as it is when it is. */
export class OpenStream implements HttpExchange {
  readonly streamId: number
  readonly isPushed: boolean
  method: string | undefined
  path: string | undefined
  authority: string | undefined
  status: number | undefined
  informational = NONE
  hasUnknownFields = false
  isGrpc = false
  grpcService: string | undefined
  grpcMethod: string | undefined
  grpcStatus: number | undefined
  grpcMessage: string | undefined
  requestStartNs: number | undefined
  requestEndNs: number | undefined
  responseStartNs: number | undefined
  responseEndNs: number | undefined
  endNs = 0
  requestBytes = 0
  responseBytes = 0
  end: ExchangeEnd = 'unknown'
  errorCode: number | undefined
  resetBy: 'client' | 'server' | undefined
  fields = NO_FIELDS
  #watch: ExchangeWatch | undefined
  /** The response's, while it is not known who asked: its head, and its trailers. */
  #early: FieldBlock[] | undefined

  constructor(streamId: number, isPushed: boolean) {
    this.streamId = streamId
    this.isPushed = isPushed
  }

  request(fields: MessageFields, startNs: number): void {
    this.requestStartNs = startNs
    this.method = fields.method
    this.path = fields.path
    this.authority = fields.authority
    this.fields = fields.others
    this.hasUnknownFields ||= fields.hasUnknown
    this.#grpc(fields)
  }

  /** Told from now on what the response says, and what it has said already. */
  watch(watch: ExchangeWatch | undefined): void {
    this.#watch = watch
    for (const block of this.#early ?? []) watch?.response(block)
    this.#early = undefined
  }

  /** It is over. */
  tellEnd(): void {
    this.#watch?.end()
    this.#watch = undefined
  }

  /** A header block of the response: informational, final, or trailers. */
  response(fields: MessageFields, startNs: number, isEnd: boolean): void {
    this.hasUnknownFields ||= fields.hasUnknown
    const { status } = fields
    if (status !== undefined && status < 200 && !isEnd) {
      if (this.informational.length < INFORMATIONAL_MAX) this.informational = [...this.informational, status]
      return
    }
    this.#watch?.response(fields)
    if (fields.isCollecting && this.requestStartNs === undefined) {
      this.#early ??= []
      if (this.#early.length < EARLY_MAX) this.#early.push(fields.copy())
    }
    this.responseStartNs ??= startNs
    this.status ??= status
    this.#grpc(fields)
    if (!isEnd) return
    this.grpcStatus = fields.grpcStatus
    this.grpcMessage = fields.grpcMessage
  }

  #grpc(fields: MessageFields): void {
    this.isGrpc ||= fields.isGrpc
    if (!this.isGrpc || this.path === undefined || this.grpcMethod !== undefined) return
    if (this.path !== lastCall.path) lastCall = callOf(this.path)
    this.grpcService = lastCall.service
    this.grpcMethod = lastCall.method
  }
}

interface Call {
  readonly path: string
  readonly service: string | undefined
  readonly method: string | undefined
}

/** The last one that was taken apart: the next one often is the same. */
let lastCall: Call = { path: '', service: undefined, method: undefined }

/** "/" Service-Name "/" method name (gRPC over HTTP2, "Path"); the service may have any path before it. */
function callOf(path: string): Call {
  const slash = path.lastIndexOf('/')
  if (slash < 1 || !path.startsWith('/')) return { path, service: undefined, method: undefined }
  return { path, service: path.slice(1, slash), method: path.slice(slash + 1) }
}
