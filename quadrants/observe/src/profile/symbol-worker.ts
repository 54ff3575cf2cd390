import { Worker } from 'node:worker_threads'
import type { ImageId } from './process-image.ts'
import type { TurnMessage, TurnResult } from './profile-message.ts'
import type { SymbolizerOptions } from './symbolizer.ts'

/** Turns that wait for the thread: beyond it their stacks are dropped. */
const WAITING_MAX = 8
/** Heap of the thread; symbol tables lie beside it. */
const HEAP_MB_MAX = 256
/** After the thread has ended by itself it is not started anew before. */
const RESTART_MS = 10_000

/** Samples that came to nothing here, by reason; cumulative. */
export interface WorkerDrops {
  /** Too many turns were waiting. */
  busy: number
  /** The thread ended under them. */
  ended: number
}

/** The thread that symbolises, started again where it ends. */
export class SymbolWorker implements Disposable {
  readonly drops: WorkerDrops = { busy: 0, ended: 0 }
  readonly #options: SymbolizerOptions
  readonly #onResult: (result: TurnResult) => void
  /** Samples of the turns whose results are awaited, in their order. */
  #waiting: number[] = []
  #worker: Worker | undefined
  #startAgainAtMs = -Infinity
  #isDisposed = false

  constructor(options: SymbolizerOptions, onResult: (result: TurnResult) => void) {
    this.#options = options
    this.#onResult = onResult
    this.#start()
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  meet(images: readonly ImageId[]): void {
    this.#worker?.postMessage({ kind: 'images', images })
  }

  /** @param samples that `turn.stacks` hold */
  add(turn: TurnMessage, samples: number): void {
    this.#start()
    if (this.#worker === undefined) {
      this.drops.ended += samples
      return
    }
    const isBusy = this.#waiting.length >= WAITING_MAX
    if (isBusy) this.drops.busy += samples
    // A window ends when it should, with or without the stacks.
    if (isBusy && !turn.isLast) return
    const stacks = isBusy ? new ArrayBuffer(0) : turn.stacks
    this.#waiting.push(isBusy ? 0 : samples)
    this.#worker.postMessage({ ...turn, stacks }, [stacks])
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    void this.#worker?.terminate()
    this.#worker = undefined
  }

  #start(): void {
    if (this.#worker !== undefined || this.#isDisposed || performance.now() < this.#startAgainAtMs) return
    const worker = new Worker(new URL('symbol-thread.ts', import.meta.url), {
      workerData: this.#options,
      name: 'quadrant-symbols',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 8 },
    })
    worker.unref()
    worker.on('message', (result: TurnResult) => {
      this.#waiting.shift()
      this.#onResult(result)
    })
    // What it ended of is told by the count; 'exit' follows.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#startAgainAtMs = performance.now() + RESTART_MS
      for (const samples of this.#waiting) this.drops.ended += samples
      this.#waiting = []
    })
    this.#worker = worker
  }
}
