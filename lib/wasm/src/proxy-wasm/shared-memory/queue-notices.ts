import { setImmediate } from 'node:timers/promises'
import { Place, placeWord, Queue } from './layout.ts'
import type { Region } from './region.ts'

/** Items are there, or were: somebody else may have taken them. */
export type QueueReady = () => unknown

/** Calls before the event loop has its turn. */
const CALLS_MAX = 256

/** Tells those on this thread who have registered queues of their items, each once, whichever thread puts them in. */
export class QueueNotices implements Disposable {
  readonly #region: Region
  readonly #signal: number
  readonly #listeners = new Map<number, { readonly queue: number; readonly ready: QueueReady }>()
  #isListening = false

  constructor(region: Region) {
    this.#region = region
    this.#signal = placeWord(region.layout, region.thread) + Place.signal
  }

  /** @param queue where it lies */
  listen(token: number, queue: number, ready: QueueReady): void {
    this.#listeners.set(token, { queue, ready })
    if (this.#isListening) return
    this.#isListening = true
    void this.#run()
  }

  ignore(ready: QueueReady): void {
    for (const [token, listener] of this.#listeners)
      if (listener.ready === ready) this.#listeners.delete(token)
  }

  [Symbol.dispose](): void {
    this.#isListening = false
    this.#listeners.clear()
    notify(this.#region, this.#region.thread)
  }

  async #run(): Promise<void> {
    const { words } = this.#region
    while (this.#isListening) {
      const seen = Atomics.load(words, this.#signal)
      while (this.#tell()) await setImmediate()
      const waiting = Atomics.waitAsync(words, this.#signal, seen)
      if (waiting.async) await waiting.value
    }
  }

  /** Whether there is more to tell. */
  #tell(): boolean {
    const { words, thread } = this.#region
    let calls = 0
    for (const [token, { queue, ready }] of this.#listeners) {
      const isOurs =
        words[queue + Queue.isUsed] === 1 &&
        words[queue + Queue.token]! >>> 0 === token &&
        words[queue + Queue.owner] === thread
      if (!isOurs) continue
      for (let left = Atomics.load(words, queue + Queue.notices); left > 0; left--) {
        if (++calls > CALLS_MAX) return true
        Atomics.sub(words, queue + Queue.notices, 1)
        ready()
      }
    }
    return false
  }
}

/** Wakes a thread that waits for notices. */
export function notify({ words, layout }: Region, thread: number): void {
  const signal = placeWord(layout, thread) + Place.signal
  Atomics.add(words, signal, 1)
  Atomics.notify(words, signal)
}
