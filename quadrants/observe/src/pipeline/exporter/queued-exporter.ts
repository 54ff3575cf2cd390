import type { PipelineClock } from '../clock.ts'
import type { Consumer } from '../consumer.ts'
import type { StageLedger } from '../ledger.ts'
import type { Parcel } from '../parcel.ts'
import type { QueuedParcel, SendQueue } from '../queue/send-queue.ts'
import { RetryDelay, type RetryOptions } from './retry-delay.ts'
import type { Sender } from './sender.ts'

export interface QueuedExporterOptions {
  readonly queue: SendQueue
  readonly sender: Sender
  readonly retry: RetryOptions
  /** Parcels on their way at the same time. */
  readonly consumerCount: number
  readonly ledger: StageLedger
  readonly clock: PipelineClock
  /** From 0 to below 1. */
  readonly random: () => number
  /** Told what a backend said where it did not take something. */
  readonly onProblem: (message: string) => void
}

/** A queue and those who empty it: attempt after attempt, in order of arrival. */
export class QueuedExporter implements Consumer {
  readonly #options: QueuedExporterOptions
  readonly #ending = new AbortController()
  readonly #workers: readonly Promise<void>[]
  #isClosed = false
  #wake = Promise.withResolvers<void>()
  #idle = Promise.withResolvers<void>()

  constructor(options: QueuedExporterOptions) {
    this.#options = options
    // What an earlier process left is here again.
    options.ledger.see(options.queue.heldItems)
    this.#workers = Array.from({ length: options.consumerCount }, () => this.#work())
  }

  get heldItems(): number {
    return this.#options.queue.heldItems
  }

  get heldBytes(): number {
    return this.#options.queue.heldBytes
  }

  /** Never refuses: what does not fit is dropped and counted. */
  consume(parcel: Parcel): undefined {
    const { ledger, queue } = this.#options
    ledger.see(parcel.itemCount)
    const reason = this.#isClosed ? 'closed' : queue.push(parcel)
    if (reason === undefined) this.#ring()
    else ledger.drop(reason, parcel.itemCount)
  }

  /** Waits up to `graceMs` for the queue to empty; what is left then stays on disk, or is counted as dropped. */
  async close(graceMs: number): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const { clock, queue, ledger, sender } = this.#options
    if (queue.heldItems > 0 && graceMs > 0) {
      const late = Promise.withResolvers<void>()
      const cancel = clock.after(graceMs, late.resolve)
      await Promise.race([this.#idle.promise, late.promise])
      cancel()
    }
    this.#ending.abort()
    this.#ring()
    await Promise.all(this.#workers)
    if (!queue.isDurable) ledger.drop('shutdown', queue.heldItems)
    queue[Symbol.dispose]()
    await sender[Symbol.asyncDispose]()
  }

  #ring(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }

  async #work(): Promise<void> {
    const { queue } = this.#options
    while (!this.#ending.signal.aborted) {
      const queued = queue.take()
      if (!queued) {
        if (queue.heldItems === 0 && this.#isClosed) this.#idle.resolve()
        await this.#wake.promise
        continue
      }
      if (await this.#deliver(queued)) queue.done(queued)
      if (queue.heldItems === 0) {
        this.#idle.resolve()
        this.#idle = Promise.withResolvers<void>()
      }
    }
  }

  /** Whether the parcel has found its end: sent, or given up and counted. */
  async #deliver({ parcel, itemCount, reason }: QueuedParcel): Promise<boolean> {
    const { sender, ledger, clock, random, retry, onProblem } = this.#options
    if (!parcel) {
      ledger.drop(reason ?? 'damaged', itemCount)
      return true
    }
    const delay = new RetryDelay(retry, random)
    const startMs = clock.steadyMs()
    while (true) {
      const outcome = await sender.send(parcel, this.#ending.signal)
      if (outcome.kind === 'sent') {
        const rejected = Math.min(Math.max(outcome.rejectedCount, 0), itemCount)
        ledger.keep(itemCount - rejected)
        ledger.drop('rejected', rejected)
        if (rejected > 0) onProblem(outcome.message)
        return true
      }
      if (this.#ending.signal.aborted) return false
      onProblem(outcome.message)
      if (outcome.kind === 'refused') {
        ledger.drop(outcome.reason, itemCount)
        return true
      }
      const waitMs = delay.nextMs(outcome.afterMs)
      const { elapsedMaxMs } = retry
      if (!retry.isEnabled || (elapsedMaxMs > 0 && clock.steadyMs() - startMs + waitMs > elapsedMaxMs)) {
        ledger.drop('gave-up', itemCount)
        return true
      }
      if (!(await this.#pause(waitMs))) return false
    }
  }

  /** False where it was cut short by the end. */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#ending
    if (signal.aborted) return false
    const over = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(ms, over.resolve)
    const onAbort = () => over.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    await over.promise
    cancel()
    signal.removeEventListener('abort', onAbort)
    return !signal.aborted
  }
}
