import { BoundedQueue } from '@quadrant/core'

/** Messages to a stream from several places, read as one async sequence. Over the limit the reader gets an error. */
export class Outbox<T> implements AsyncIterable<T> {
  readonly #queue: BoundedQueue<T>
  #wake: (() => void) | undefined
  #ended = false
  #error: unknown

  constructor(limit: number) {
    this.#queue = new BoundedQueue(limit)
  }

  push(item: T): void {
    if (this.#ended) return
    if (!this.#queue.push(item)) this.end(new Error('the other end does not read'))
    this.#wake?.()
  }

  /** Ends the sequence after what is queued, with an error where one is given. Later calls change nothing. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<T> {
    while (true) {
      for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) yield item
      if (this.#ended) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    if (this.#error !== undefined) throw this.#error
  }
}
