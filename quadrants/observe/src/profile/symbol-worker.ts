import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { ImageId } from './process-image.ts'
import type { SymbolThreadData, TurnMessage, TurnResult } from './profile-message.ts'
import type { SymbolizerOptions } from './symbolizer.ts'

/** Bytes of stacks that wait for the thread: beyond it they are dropped. A busy processor makes 20 kB a second at 99 Hz. */
const WAITING_BYTES_MAX = 32 << 20
/** Heap of the thread; symbol tables lie beside it. */
const HEAP_MB_MAX = 256
/** A turn takes seconds at most: a thread that has not answered for so long hangs, as in a file system that does. */
const ANSWER_MS_MAX = 60_000
/** After the thread has ended by itself it is not started anew before. */
const RESTART_MS = 10_000

/** Samples that came to nothing here, by reason; cumulative. */
export interface WorkerDrops {
  /** Too much was waiting. */
  busy: number
  /** The thread ended under them. */
  ended: number
}

/** The thread that symbolises, started again where it ends. */
export class SymbolWorker implements Disposable {
  readonly drops: WorkerDrops = { busy: 0, ended: 0 }
  readonly #options: SymbolizerOptions
  readonly #onResult: (result: TurnResult) => void
  /** The turns whose results are awaited, in their order. */
  #waiting: { readonly samples: number; readonly byteLength: number }[] = []
  #waitingBytes = 0
  /** Samples in the window that the thread has not told yet. */
  #untold = 0
  #images: MessagePort | undefined
  #worker: Worker | undefined
  #startAgainAtMs = -Infinity
  /** When it answered last, or began to have something to answer. */
  #answeredAtMs = 0
  #isDisposed = false

  constructor(options: SymbolizerOptions, onResult: (result: TurnResult) => void) {
    this.#options = options
    this.#onResult = onResult
    this.#start()
  }

  /** Samples that the thread has, and has not told or lost. */
  get pendingCount(): number {
    return this.#waiting.reduce((sum, { samples }) => sum + samples, this.#untold)
  }

  meet(images: readonly ImageId[]): void {
    this.#images?.postMessage({ images })
  }

  /** @param samples that `turn.stacks` hold */
  add(turn: TurnMessage, samples: number): void {
    this.#start()
    if (this.#worker === undefined) {
      this.drops.ended += samples
      return
    }
    const nowMs = performance.now()
    if (this.#waiting.length === 0) this.#answeredAtMs = nowMs
    else if (nowMs - this.#answeredAtMs > ANSWER_MS_MAX) void this.#worker.terminate()
    const isBusy = this.#waitingBytes + turn.stacks.byteLength > WAITING_BYTES_MAX
    if (isBusy) this.drops.busy += samples
    if (isBusy && !turn.isLast) return
    // A window ends when it should, with or without the stacks.
    const stacks = isBusy ? new ArrayBuffer(0) : turn.stacks
    const { byteLength } = stacks
    this.#waitingBytes += byteLength
    this.#waiting.push({ samples: isBusy ? 0 : samples, byteLength })
    this.#worker.postMessage({ ...turn, stacks }, [stacks])
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    void this.#worker?.terminate()
    this.#worker = undefined
  }

  #start(): void {
    if (this.#worker !== undefined || this.#isDisposed || performance.now() < this.#startAgainAtMs) return
    const { port1: images, port2 } = new MessageChannel()
    const data: SymbolThreadData = { options: this.#options, images: port2 }
    const worker = new Worker(new URL('symbol-thread.ts', import.meta.url), {
      workerData: data,
      transferList: [port2],
      name: 'quadrant-symbols',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 3 },
    })
    images.unref()
    worker.unref()
    worker.on('message', (result: TurnResult) => {
      this.#answeredAtMs = performance.now()
      this.#waitingBytes -= this.#waiting.shift()?.byteLength ?? 0
      this.#untold = result.window === undefined ? this.#untold + result.kept : 0
      this.#onResult(result)
    })
    // What it ended of is told by the count; 'exit' follows.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#startAgainAtMs = performance.now() + RESTART_MS
      for (const { samples } of this.#waiting) this.drops.ended += samples
      this.drops.ended += this.#untold
      this.#waiting = []
      this.#waitingBytes = 0
      this.#untold = 0
    })
    this.#worker = worker
    this.#images = images
  }
}
