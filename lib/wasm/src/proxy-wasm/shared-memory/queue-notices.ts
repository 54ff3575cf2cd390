import { setImmediate } from 'node:timers/promises'
import { Place, placeWord, Queue } from './layout.ts'
import type { Region } from './region.ts'

/** Items are there, or were: somebody else may have taken them. */
export type QueueReady = () => unknown

/** Calls before the event loop has its turn, and how long they may take: filters may do much in each. */
const CALLS_MAX = 256
const TELL_MS_MAX = 2

/** Of a queue, on this thread: the last is told, and the one before it when that is gone. */
interface Listener {
  readonly queue: number
  readonly readies: QueueReady[]
}

/** Tells those on this thread who have registered queues of their items, each once, whichever thread puts them in. */
export class QueueNotices implements Disposable {
  readonly #region: Region
  readonly #signal: number
  readonly #listeners = new Map<number, Listener>()
  #isListening = false

  constructor(region: Region) {
    this.#region = region
    this.#signal = placeWord(region.layout, region.thread) + Place.signal
  }

  /** @param queue where it lies */
  listen(token: number, queue: number, ready: QueueReady): void {
    const before = this.#listeners.get(token)
    const readies = before?.queue === queue ? before.readies : []
    readies.push(ready)
    this.#listeners.set(token, { queue, readies })
    if (this.#isListening) return
    this.#isListening = true
    void this.#run()
  }

  ignore(ready: QueueReady): void {
    for (const [token, { readies }] of this.#listeners) {
      const index = readies.indexOf(ready)
      if (index !== -1) readies.splice(index, 1)
      if (readies.length === 0) this.#listeners.delete(token)
    }
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
    const endMs = performance.now() + TELL_MS_MAX
    let calls = 0
    for (const [token, listener] of this.#listeners) {
      const { queue, readies } = listener
      const isOurs =
        words[queue + Queue.isUsed] === 1 &&
        words[queue + Queue.token]! >>> 0 === token &&
        words[queue + Queue.owner] === thread
      if (!isOurs) continue
      for (let left = Atomics.load(words, queue + Queue.notices); left > 0; left--) {
        if (++calls > CALLS_MAX || performance.now() > endMs) {
          // Others have their turn before it, also where it puts in something each time that it is told.
          this.#listeners.delete(token)
          this.#listeners.set(token, listener)
          return true
        }
        Atomics.sub(words, queue + Queue.notices, 1)
        readies.at(-1)?.()
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
