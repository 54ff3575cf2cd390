import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Endpoint } from '../cluster/endpoint.ts'
import type { TryOutcome } from '../cluster/try-outcome.ts'
import type { ExchangeRecord } from '../exchange/exchange-record.ts'
import { serverAttributes, spanMethod, tryAttributes } from './span-attributes.ts'
import type { SpanRecord } from './span-record.ts'
import { writeTraceParent } from './trace-context.ts'
import type { TraceIds } from './trace-ids.ts'

export interface TraceOrigin {
  readonly traceId: string
  /** Empty: the trace begins here. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly isSampled: boolean
}

/** An exchange in its trace: a span of its own, and one below it for each try at an endpoint. */
export class ExchangeTrace {
  readonly #origin: TraceOrigin
  readonly #ids: TraceIds
  readonly #write: (span: SpanRecord) => void
  readonly #spanId: string
  #trySpanId = ''
  #tryBeginMs = 0
  #tryIndex = -1

  constructor(origin: TraceOrigin, ids: TraceIds, write: (span: SpanRecord) => void) {
    this.#origin = origin
    this.#ids = ids
    this.#write = write
    this.#spanId = ids.spanId()
  }

  /** The endpoint is told whose child it is. `nowMs` by the clock of `record.beginMs`. */
  beginTry(headers: HeaderMap, nowMs: number): void {
    const { traceId, isSampled } = this.#origin
    this.#tryIndex++
    // Where nobody records it, one id is as good as another.
    this.#trySpanId = isSampled ? this.#ids.spanId() : this.#spanId
    this.#tryBeginMs = nowMs
    headers.set('traceparent', writeTraceParent(traceId, this.#trySpanId, isSampled))
  }

  endTry(
    record: ExchangeRecord,
    headers: HeaderMap,
    endpoint: Endpoint,
    outcome: TryOutcome,
    nowMs: number,
  ): void {
    if (!this.#origin.isSampled) return
    const attributes = tryAttributes(record, headers, endpoint, outcome, this.#tryIndex)
    this.#emit(record, {
      spanId: this.#trySpanId,
      parentSpanId: this.#spanId,
      name: spanMethod(headers),
      kind: 'client',
      beginMs: this.#tryBeginMs,
      endMs: nowMs,
      attributes,
      isError: attributes['error.type'] !== undefined,
    })
  }

  /** The exchange is over. */
  end(record: ExchangeRecord, nowMs: number): void {
    if (!this.#origin.isSampled) return
    const attributes = serverAttributes(record)
    const method = spanMethod(record.requestHeaders)
    this.#emit(record, {
      spanId: this.#spanId,
      parentSpanId: this.#origin.parentSpanId,
      name: record.routeName === '' ? method : `${method} ${record.routeName}`,
      kind: 'server',
      beginMs: record.beginMs,
      endMs: nowMs,
      attributes,
      isError: attributes['error.type'] !== undefined,
    })
  }

  #emit(record: ExchangeRecord, span: Omit<SpanRecord, 'traceId' | 'traceState'>): void {
    const { traceId, traceState } = this.#origin
    const unixMs = record.startTimeMs - record.beginMs
    this.#write({
      ...span,
      traceId,
      traceState,
      beginMs: unixMs + span.beginMs,
      endMs: unixMs + span.endMs,
    })
  }
}
