import { setTimeout as sleep } from 'node:timers/promises'
import { toBinary } from '@bufbuild/protobuf'
import { BoundedQueue } from '@quadrant/core'
import { otlpSpans, type SpanBatch, type SpanRecord, type TracingSpec } from '@quadrant/extend/gateway'
import { ExportTraceServiceRequestSchema } from '@quadrant/proto/otlp'
import type { Context } from '../context.ts'
import { OtlpReceiver, telemetryOrigin } from './otlp-receiver.ts'

/** Spans that wait, some hundred bytes each; more are dropped, and counted. */
const WAITING_SPANS_MAX = 20_000
/** In one request. */
const SENT_SPANS_MAX = 1000
/** After what did not arrive, and while there is nothing to send. */
const PAUSE_MS = 1000

/** Sends spans to a receiver of OTLP over HTTP until it is disposed: then what waits is sent once more, if it can be. */
export class SpanExport implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #waiting = new BoundedQueue<SpanRecord>(WAITING_SPANS_MAX)
  readonly #running: Promise<void>
  #sentCount = 0
  #lostCount = 0

  constructor(context: Context, spec: TracingSpec) {
    this.#running = this.#run(new OtlpReceiver(context, { ...spec, what: 'spans' }))
  }

  get counts(): { readonly spansSent: number; readonly spansDropped: number } {
    return { spansSent: this.#sentCount, spansDropped: this.#lostCount + this.#waiting.droppedCount }
  }

  add({ spans, droppedCount }: SpanBatch): void {
    this.#lostCount += droppedCount
    for (const span of spans) this.#waiting.push(span)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(receiver: OtlpReceiver): Promise<void> {
    const { signal } = this.#stop
    const origin = telemetryOrigin()
    let unsent: readonly SpanRecord[] = []
    while (true) {
      const isLast = signal.aborted
      if (unsent.length === 0) unsent = this.#take()
      const isSent =
        unsent.length > 0 &&
        (await receiver.send(toBinary(ExportTraceServiceRequestSchema, otlpSpans(unsent, origin))))
      if (isSent) {
        this.#sentCount += unsent.length
        unsent = []
      } else if (isLast) break
      else await sleep(PAUSE_MS, undefined, { signal }).catch(() => {})
    }
    this.#lostCount += unsent.length + this.#waiting.length
  }

  #take(): readonly SpanRecord[] {
    const spans: SpanRecord[] = []
    while (spans.length < SENT_SPANS_MAX) {
      const span = this.#waiting.shift()
      if (span === undefined) break
      spans.push(span)
    }
    return spans
  }
}
