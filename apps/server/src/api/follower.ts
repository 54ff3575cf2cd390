import { BoundedQueue } from '@quadrant/core'
import { DropSum, type Drop } from '@quadrant/proto'
import type { FlowSegment } from '../store/store.ts'
import type { Live } from './live.ts'

/** Frames that may wait for a slow reader: half a minute of one agent. */
const QUEUE_LIMIT = 32

/** What is new since the answer before. */
export interface FollowAnswer {
  /** undefined where only losses are told. */
  readonly segment: FlowSegment | undefined
  /** Rows of the segments that were over the limit. */
  readonly omittedCount: number
  readonly drops: readonly Drop[]
  /** End of the newest second whose losses are told, nanoseconds of the Unix epoch. */
  readonly dropsUntilNs: number
}

/** Keeps what is committed while a reader is busy; segments over the limit are counted, as what was lost is. */
export class FlowFollower implements Disposable {
  readonly #queue = new BoundedQueue<FlowSegment>(QUEUE_LIMIT)
  readonly #drops = new DropSum()
  readonly #live: Live
  readonly #signal: AbortSignal
  readonly #stop: () => void
  #omittedCount = 0
  #wake: (() => void) | undefined
  readonly #onAbort = () => this.#wake?.()

  constructor(live: Live, signal: AbortSignal) {
    this.#live = live
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#stop = live.follow(({ segment, drops }) => {
      this.#drops.add(drops)
      if (segment && !this.#queue.push(segment)) this.#omittedCount += segment.summary.count
      this.#wake?.()
    })
  }

  /** The losses up to now are told from the store. */
  forgetDrops(): void {
    this.#drops.take()
  }

  /** Until the reader's signal is aborted. */
  async *answers(): AsyncGenerator<FollowAnswer> {
    while (!this.#signal.aborted) {
      const segment = this.#queue.shift()
      if (!segment && this.#omittedCount === 0 && this.#drops.isEmpty) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      const omittedCount = this.#omittedCount
      this.#omittedCount = 0
      yield { segment, omittedCount, drops: this.#drops.take(), dropsUntilNs: this.#live.dropsUntilNs }
    }
  }

  [Symbol.dispose](): void {
    this.#stop()
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
