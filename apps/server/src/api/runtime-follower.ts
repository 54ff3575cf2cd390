import { BoundedQueue } from '@quadrant/core'
import { DropSum, type Drop } from '@quadrant/proto'
import type { Subject } from '../query/subject.ts'
import type { StoredRuntimeEvent } from '../store/runtime-store.ts'
import type { Live } from './live.ts'

/** Events that may wait for a slow reader. */
const QUEUE_LIMIT = 10_000
/** Events of one answer. */
const EVENTS_PER_ANSWER = 500

/** What is new since the answer before. */
export interface RuntimeAnswer {
  readonly events: readonly StoredRuntimeEvent[]
  /** Events of the subject that were over the limit. */
  readonly omittedCount: number
  readonly drops: readonly Drop[]
}

/** Keeps a subject's collections and stops as they are committed while a reader is busy. */
export class RuntimeFollower implements Disposable {
  readonly #queue = new BoundedQueue<StoredRuntimeEvent>(QUEUE_LIMIT)
  readonly #drops = new DropSum()
  readonly #signal: AbortSignal
  readonly #stop: () => void
  #omittedCount = 0
  #wake: (() => void) | undefined
  readonly #onAbort = () => this.#wake?.()

  constructor(live: Live, subject: Subject, signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#stop = live.followRuntime(({ runtimeEvents, drops }) => {
      this.#drops.add(drops)
      for (const event of runtimeEvents)
        if (subject.has(event.process) && !this.#queue.push(event)) this.#omittedCount++
      if (!this.#isEmpty) this.#wake?.()
    })
  }

  get #isEmpty(): boolean {
    return this.#queue.length === 0 && this.#omittedCount === 0 && this.#drops.isEmpty
  }

  /** The losses up to now are told from the store. */
  forgetDrops(): void {
    this.#drops.take()
  }

  /** Until the reader's signal is aborted. */
  async *answers(): AsyncGenerator<RuntimeAnswer> {
    while (!this.#signal.aborted) {
      if (this.#isEmpty) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      const events: StoredRuntimeEvent[] = []
      while (events.length < EVENTS_PER_ANSWER) {
        const event = this.#queue.shift()
        if (!event) break
        events.push(event)
      }
      const omittedCount = this.#omittedCount
      this.#omittedCount = 0
      yield { events, omittedCount, drops: this.#drops.take() }
    }
  }

  [Symbol.dispose](): void {
    this.#stop()
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
