import type { ResourceType } from './resource-type.ts'
import type { ResourceState } from './answer.ts'

/** How a stream has come to stand to a resource. */
export interface StatusChange {
  /** One proxy may have several. */
  readonly streamId: number
  readonly node: { readonly id: string; readonly cluster: string }
  readonly type: ResourceType['name']
  readonly name: string
  /** Empty: that there is no such resource any more. */
  readonly version: string
  readonly state: ResourceState
  /** Why the response that it was in was rejected, in the client's words; it need not be the fault of this resource. */
  readonly error: string | undefined
}

/** What changed since the last time. */
export interface StatusChanges {
  /** Of each stream and resource only the last. */
  readonly changes: readonly StatusChange[]
  /** Changes that were over the limit and are not told: `status()` has what came of them. */
  readonly missedCount: number
}

export interface WatchOptions {
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Changes that wait to be taken. Default: 65,536. */
  readonly pendingMax?: number
}

const PENDING_MAX = 65_536

/** Tells changes of status to whoever watches. Nobody waits for a watcher that is slow. */
export class StatusFeed {
  readonly #watches = new Set<StatusWatch>()

  /** Whether telling is of any use. */
  get isWatched(): boolean {
    return this.#watches.size > 0
  }

  tell(change: StatusChange): void {
    for (const watch of this.#watches) watch.tell(change)
  }

  /** Begins at once, and ends when the signal aborts or the loop over it is left. */
  watch({ signal, pendingMax = PENDING_MAX }: WatchOptions): AsyncIterableIterator<StatusChanges, undefined> {
    const watch = new StatusWatch(pendingMax)
    const end = () => {
      this.#watches.delete(watch)
      watch.end()
    }
    if (!signal.aborted) this.#watches.add(watch)
    else watch.end()
    signal.addEventListener('abort', end, { once: true })
    const stop = () => {
      signal.removeEventListener('abort', end)
      end()
      return Promise.resolve({ done: true, value: undefined } as const)
    }
    return {
      next: () => watch.next(),
      return: stop,
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}

class StatusWatch {
  readonly #pendingMax: number
  #pending = new Map<string, StatusChange>()
  #missedCount = 0
  #isEnded = false
  #arrived = Promise.withResolvers<void>()

  constructor(pendingMax: number) {
    this.#pendingMax = pendingMax
  }

  tell(change: StatusChange): void {
    const key = `${change.streamId} ${change.type} ${change.name}`
    if (this.#pending.size < this.#pendingMax || this.#pending.has(key)) this.#pending.set(key, change)
    else this.#missedCount++
    this.#arrived.resolve()
  }

  end(): void {
    this.#isEnded = true
    this.#pending.clear()
    this.#arrived.resolve()
  }

  async next(): Promise<IteratorResult<StatusChanges, undefined>> {
    await this.#arrived.promise
    if (this.#isEnded) return { done: true, value: undefined }
    const value = { changes: [...this.#pending.values()], missedCount: this.#missedCount }
    this.#pending = new Map()
    this.#missedCount = 0
    this.#arrived = Promise.withResolvers<void>()
    return { done: false, value }
  }
}
