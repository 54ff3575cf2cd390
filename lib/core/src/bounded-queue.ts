/** First in, first out, never longer than its limit. What does not fit is counted, not kept. */
export class BoundedQueue<T> {
  readonly limit: number
  #items: (T | undefined)[] = []
  #head = 0
  #droppedCount = 0

  constructor(limit: number) {
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new RangeError(`limit must be a positive integer, not ${limit}`)
    this.limit = limit
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  /** How many items were refused since the queue was made. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Returns false, and counts, when the queue is full. */
  push(item: T): boolean {
    if (this.length >= this.limit) {
      this.#droppedCount++
      return false
    }
    this.#items.push(item)
    return true
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    // Give the consumed front back once it is half of the array: amortised constant time.
    if (this.#head > 32 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i] as T
  }
}
