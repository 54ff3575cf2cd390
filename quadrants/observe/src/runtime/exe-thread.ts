import { Worker } from 'node:worker_threads'
import type { HostClock } from '../discover/host-clock.ts'
import type { ExeAnswers, ExeOrder, ExeResult } from './exe-order.ts'
import type { ExeKey } from './exe-file.ts'

/** The thread takes some 15 MB: it ends when there was nothing to do for so long. It begins in 0.2 s. */
const IDLE_NS = 1e10
/** Most files are read in a millisecond, and searched in ten. An order that takes longer is given up, and the thread with it. */
const ORDER_NS_MAX = 1e10
/** Files of a device that did not answer are refused for so long: each try is a thread that may never end. */
const DEVICE_NS = 3e11
/** Threads that were given up and have not ended. With so many nothing is read any more until one of them has. */
const HUNG_MAX = 4
const HEAP_MB_MAX = 192

export interface ExeThreadOptions {
  readonly clock: HostClock
  /** The thread's code: answers each `ExeOrder` with an `ExeResult`. Default `exe-worker.ts`. */
  readonly module?: URL
}

interface Asked {
  readonly id: number
  readonly order: ExeOrder
  /** Undefined where the order was given up. */
  readonly onAnswer: (answer: ExeAnswers[ExeOrder['kind']] | undefined) => void
}

/**
 * A thread that reads executables, so that no file, however large, hostile or far away, holds up the agent. It gets one
 * order at a time, those that read before those that search. One that does not come back, as from a file system that is
 * gone, is left behind; the others' orders go to the next.
 */
export class ExeThread implements Disposable {
  readonly #clock: HostClock
  readonly #module: URL
  readonly #reads: Asked[] = []
  readonly #searches: Asked[] = []
  /** What the thread is at. */
  #now: Asked | undefined
  #worker: Worker | undefined
  /** When it began to be at it, or to have nothing to do. */
  #sinceNs: number
  #lastId = 0
  #hungCount = 0
  #isDisposed = false
  /** Devices, by when they are tried again. */
  readonly #silent = new Map<string, number>()

  constructor(options: ExeThreadOptions) {
    this.#clock = options.clock
    this.#module = options.module ?? new URL('exe-worker.ts', import.meta.url)
    this.#sinceNs = this.#clock.monotonicNs()
    // There will be something to read: loading its code takes longer than most files.
    this.#start()
  }

  /** Threads that were left behind and have not ended. */
  get hungCount(): number {
    return this.#hungCount
  }

  get isIdle(): boolean {
    return this.#now === undefined
  }

  /**
   * @param onAnswer is told `undefined` where the thread did not come back with one, and the file may be closed then;
   *   after `dispose` nothing is told any more
   */
  ask<Kind extends ExeOrder['kind']>(
    order: Extract<ExeOrder, { readonly kind: Kind }>,
    onAnswer: (answer: ExeAnswers[Kind] | undefined) => void,
  ): void {
    const asked = { id: ++this.#lastId, order, onAnswer: onAnswer as Asked['onAnswer'] }
    if (order.kind === 'read') this.#reads.push(asked)
    else this.#searches.push(asked)
    this.#next()
  }

  /** Ends the thread where it has nothing to do, and leaves it behind where it does one thing for too long. */
  work(): void {
    const sinceNs = this.#clock.monotonicNs() - this.#sinceNs
    if (this.#now !== undefined) {
      if (sinceNs > ORDER_NS_MAX) this.#leaveBehind(this.#now)
    } else if (sinceNs > IDLE_NS) {
      const worker = this.#worker
      this.#worker = undefined
      void worker?.terminate()
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#reads.length = 0
    this.#searches.length = 0
    this.#now = undefined
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }

  #next(): void {
    if (this.#now !== undefined || this.#isDisposed) return
    for (let asked; (asked = this.#reads.shift() ?? this.#searches.shift());) {
      const worker = this.#isRefused(asked.order.key) ? undefined : this.#start()
      if (worker === undefined) {
        asked.onAnswer(undefined)
        continue
      }
      this.#now = asked
      this.#sinceNs = this.#clock.monotonicNs()
      worker.postMessage({ id: asked.id, order: asked.order })
      return
    }
    this.#sinceNs = this.#clock.monotonicNs()
  }

  #start(): Worker | undefined {
    if (this.#worker !== undefined) return this.#worker
    if (this.#hungCount >= HUNG_MAX) return undefined
    const worker = new Worker(this.#module, {
      name: 'quadrant-search',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 3 },
    })
    worker.unref()
    worker.on('message', ({ id, answer }: ExeResult) => {
      if (this.#now?.id === id) this.#answer(answer)
    })
    // 'exit' follows.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      // One that was left behind is in nobody's way.
      if (this.#worker !== worker) return
      this.#worker = undefined
      if (this.#now !== undefined) this.#answer(undefined)
    })
    this.#worker = worker
    return worker
  }

  #answer(answer: ExeAnswers[ExeOrder['kind']] | undefined): void {
    const asked = this.#now
    this.#now = undefined
    asked?.onAnswer(answer)
    this.#next()
  }

  /** `terminate` waits for what the thread is in, and so may never come back. */
  #leaveBehind({ order }: Asked): void {
    const worker = this.#worker!
    this.#worker = undefined
    this.#hungCount++
    worker.once('exit', () => void this.#hungCount--)
    void worker.terminate()
    this.#silent.set(deviceOf(order.key), this.#clock.monotonicNs() + DEVICE_NS)
    this.#answer(undefined)
  }

  #isRefused(key: ExeKey): boolean {
    const device = deviceOf(key)
    const untilNs = this.#silent.get(device)
    if (untilNs === undefined) return false
    if (this.#clock.monotonicNs() < untilNs) return true
    this.#silent.delete(device)
    return false
  }
}

function deviceOf(key: ExeKey): string {
  return key.slice(0, key.indexOf(':'))
}
