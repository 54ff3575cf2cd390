import { BoundedQueue } from '@quadrant/core'
import type { FlowSegment } from '../store/store.ts'
import type { Live } from './live.ts'

/** Frames that may wait for a slow reader: half a minute of one agent. */
const QUEUE_LIMIT = 32

/** Keeps the segments that are committed while a reader is busy; those over the limit are counted. */
export class FlowFollower implements Disposable {
  readonly #queue = new BoundedQueue<FlowSegment>(QUEUE_LIMIT)
  readonly #signal: AbortSignal
  readonly #stop: () => void
  #omittedCount = 0
  #wake: (() => void) | undefined
  readonly #onAbort = () => this.#wake?.()

  constructor(live: Live, signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#stop = live.follow((segment) => {
      if (!this.#queue.push(segment)) this.#omittedCount += segment.summary.count
      this.#wake?.()
    })
  }

  /** Until the reader's signal is aborted. `omittedCount` is since the segment before. */
  async *segments(): AsyncGenerator<{ segment: FlowSegment; omittedCount: number }> {
    while (!this.#signal.aborted) {
      const segment = this.#queue.shift()
      if (!segment) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      const omittedCount = this.#omittedCount
      this.#omittedCount = 0
      yield { segment, omittedCount }
    }
  }

  [Symbol.dispose](): void {
    this.#stop()
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
