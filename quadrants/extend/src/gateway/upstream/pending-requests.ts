import type { PoolAccounts } from './pool-accounts.ts'
import type { OpenFailure, UpstreamHandler } from './upstream-stream.ts'

/** Requests that wait for a connection of a pool, in the order in which they came; each is counted as long as it does. */
export class PendingRequests {
  readonly #accounts: PoolAccounts
  readonly #handlers = new Set<UpstreamHandler>()

  constructor(accounts: PoolAccounts) {
    this.#accounts = accounts
  }

  get size(): number {
    return this.#handlers.size
  }

  /** False where no more may wait: it is told. */
  add(handler: UpstreamHandler): boolean {
    if (!this.#accounts.pendingBegin()) {
      handler.onOpenFailure('pending-max', 'overflow')
      return false
    }
    this.#handlers.add(handler)
    return true
  }

  /** The first, which waits no more. */
  take(): UpstreamHandler | undefined {
    for (const handler of this.#handlers) {
      this.remove(handler)
      return handler
    }
    return undefined
  }

  /** Whether it waited. */
  remove(handler: UpstreamHandler): boolean {
    if (!this.#handlers.delete(handler)) return false
    this.#accounts.pendingEnd()
    return true
  }

  /** Those who wait now: what comes of telling one may be that another waits no more, or anew. */
  refuseAll(failure: OpenFailure, reason: string): void {
    const waiting = [...this.#handlers]
    for (const handler of waiting) if (this.remove(handler)) handler.onOpenFailure(failure, reason)
  }
}
