import type { SpanRecord } from '../tracing/span-record.ts'
import type { SpanBatch } from './worker-message.ts'

const BATCH_SPANS_MAX = 512
/** Between two batches: more spans than one holds within that time are dropped, and counted. */
const BATCH_MS = 50

/** Collects spans, so that a thread that records many sends few messages. */
export class SpanBatches {
  readonly #send: (batch: SpanBatch) => void
  #spans: SpanRecord[] = []
  #droppedCount = 0
  #timer: NodeJS.Timeout | undefined

  constructor(send: (batch: SpanBatch) => void) {
    this.#send = send
  }

  add(span: SpanRecord): void {
    if (this.#spans.length < BATCH_SPANS_MAX) this.#spans.push(span)
    else this.#droppedCount++
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#spans.length === 0) return
    this.#send({ kind: 'spans', spans: this.#spans, droppedCount: this.#droppedCount })
    this.#spans = []
    this.#droppedCount = 0
  }
}
