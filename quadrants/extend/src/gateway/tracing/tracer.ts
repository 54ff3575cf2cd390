import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { TokenBucket } from '../cluster/token-bucket.ts'
import type { TracingSpec } from '../config/tracing-spec.ts'
import type { ListenerStats } from '../stats/listener-stats.ts'
import { ExchangeTrace } from './exchange-trace.ts'
import type { SpanRecord } from './span-record.ts'
import { readTraceParent, readTraceState, SAMPLED } from './trace-context.ts'
import type { TraceIds } from './trace-ids.ts'

export interface TracerParts {
  readonly ids: TraceIds
  readonly nowMs: () => number
  readonly stats: ListenerStats
  readonly write: (span: SpanRecord) => void
}

/** The rightmost 56 bits of a trace id are random, and decide with their first 52 (W3C Trace Context 2, 5.2). */
const RANDOM_FROM = 18
const RANDOM_DIGITS = 13
const RANDOM_RANGE = 2 ** 52

/** Says of each exchange of a listener which trace it belongs to, and whether it is recorded. */
export class Tracer {
  readonly #spec: TracingSpec
  readonly #parts: TracerParts
  readonly #bucket: TokenBucket

  constructor(spec: TracingSpec, parts: TracerParts) {
    this.#spec = spec
    this.#parts = parts
    const { tracesPerSecondMax: perInterval } = spec
    this.#bucket = new TokenBucket({ intervalMs: 1000, perInterval, burst: perInterval }, parts.nowMs())
  }

  /** Of `headers` goes what belongs to a trace that is not gone on with. */
  begin(headers: HeaderMap): ExchangeTrace {
    const { ids, write } = this.#parts
    const parent = this.#spec.parents === 'follow' ? readTraceParent(headers) : undefined
    const traceState = parent === undefined ? '' : readTraceState(headers)
    if (traceState === '') headers.remove('tracestate')
    const traceId = parent?.traceId ?? ids.traceId()
    const isWanted = parent === undefined ? this.#isSampled(traceId) : (parent.flags & SAMPLED) !== 0
    return new ExchangeTrace(
      { traceId, parentSpanId: parent?.spanId ?? '', traceState, isSampled: isWanted && this.#take() },
      ids,
      write,
    )
  }

  /** The same for all who decide by the id, and at any ratio above. */
  #isSampled(traceId: string): boolean {
    const random = Number.parseInt(traceId.slice(RANDOM_FROM, RANDOM_FROM + RANDOM_DIGITS), 16)
    return random >= (1 - this.#spec.sampleRatio) * RANDOM_RANGE
  }

  #take(): boolean {
    const { stats, nowMs } = this.#parts
    const isFree = this.#bucket.take(nowMs())
    if (isFree) stats.tracesSampled++
    else stats.tracesOverLimit++
    return isFree
  }
}
