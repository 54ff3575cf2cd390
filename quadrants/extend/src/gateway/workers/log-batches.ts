import type { AccessLogSpec } from '../config/output-spec.ts'
import type { LogBatch } from './worker-message.ts'

type Sink = AccessLogSpec['sink']

const BATCH_LENGTH_MAX = 64 << 10
/** A person who watches the log sees no delay in that. */
const LOG_DELAY_MS = 100

/** Collects lines for each sink, until there are many or the first has waited for a while. */
export class LogBatches {
  readonly #send: (batch: LogBatch) => void
  readonly #batches = new Map<string, { readonly sink: Sink; lines: string }>()
  #timer: NodeJS.Timeout | undefined

  constructor(send: (batch: LogBatch) => void) {
    this.#send = send
  }

  add(sink: Sink, line: string): void {
    const key = sink.kind === 'file' ? sink.path : ''
    let batch = this.#batches.get(key)
    if (batch === undefined) this.#batches.set(key, (batch = { sink, lines: '' }))
    batch.lines += line
    if (batch.lines.length >= BATCH_LENGTH_MAX) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), LOG_DELAY_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const { sink, lines } of this.#batches.values()) this.#send({ kind: 'log', sink, lines })
    this.#batches.clear()
  }
}
