import { once } from 'node:events'
import { Worker, workerData } from 'node:worker_threads'
import { EbpfError } from '../error.ts'
import { EventFd } from '../sys/event-fd.ts'
import { setRealtimeScheduling } from '../sys/scheduling.ts'
import type { OnRecord } from './record-reader.ts'
import { openRingBuffer } from './ring-buffer.ts'
import type { RingMap } from './ring-mapping.ts'

/** No wake-up is lost for longer than this: BPF programs may submit without one. */
const SLICE_MS = 200

export interface ReaderThreadOptions {
  /** The ring to read; it stays the caller's, and must stay open for as long as the thread lives. */
  readonly map: RingMap
  /**
   * Look for records so long before sleeping, after each time there was one. Takes a processor meanwhile, and brings a
   * record's way from the kernel to JavaScript down by a third. Default 0, at most 200.
   */
  readonly spinMs?: number
  /**
   * Let the thread run before all ordinary ones (SCHED_FIFO): a busy machine delays a record by a tenth of what it does
   * else. Needs CAP_SYS_NICE when the thread begins. What `onRecord` does must be short; not together with `spinMs`.
   * Default false.
   */
  readonly realtime?: boolean
  /** What else the module needs: `ReaderLoop.data`. Must be cloneable. */
  readonly data?: unknown
  /** The thread's name, for people. */
  readonly name?: string
}

interface ThreadData {
  readonly map: RingMap
  readonly spinMs: number
  readonly realtime: boolean
  readonly wakeFd: number
  readonly stop: Int32Array
  readonly data: unknown
}

/**
 * A worker that blocks in the kernel until there are records, so that they reach JavaScript within some 20 µs. Its module
 * calls `readInThread`. The thread is woken to end when this is disposed of, and when the process exits: a thread in
 * epoll_wait can be neither terminated nor exited otherwise.
 */
export class ReaderThread implements AsyncDisposable {
  /** For its messages and errors. Do not call `terminate`: it works, but up to 200 ms late. */
  readonly worker: Worker
  readonly #wake: EventFd
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #exited: Promise<unknown>
  readonly #onExit = () => this.#signal()
  #isOver = false

  /** @param module the worker's code @throws {EbpfError} `argument` for `realtime` with `spinMs` */
  constructor(module: URL, options: ReaderThreadOptions) {
    const { spinMs = 0, realtime = false } = options
    if (realtime && spinMs > 0)
      throw new EbpfError('argument', 'a realtime thread that spins keeps a processor from everyone else')
    this.#wake = new EventFd()
    const { fd, maxEntries, type } = options.map
    const data: ThreadData = {
      map: { fd, maxEntries, type },
      spinMs,
      realtime,
      wakeFd: this.#wake.fd,
      stop: this.#stop,
      data: options.data,
    }
    this.worker = new Worker(module, { workerData: data, name: options.name })
    process.once('exit', this.#onExit)
    this.#exited = once(this.worker, 'exit').finally(() => this.#end())
    // Who wants to know listens to the worker itself.
    this.#exited.catch(() => undefined)
  }

  #signal(): void {
    Atomics.store(this.#stop, 0, 1)
    if (!this.#isOver) this.#wake.signal()
  }

  #end(): void {
    this.#isOver = true
    process.off('exit', this.#onExit)
    this.#wake[Symbol.dispose]()
  }

  /** Ends the thread: records that are there already are still read. Does not throw for an error within. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal()
    await this.#exited.catch(() => undefined)
  }
}

/** What a module does with its ring. */
export interface ReaderLoop {
  readonly onRecord: OnRecord
  /** After each time that records were read. */
  readonly onBatch?: () => void
}

/**
 * In a module that a `ReaderThread` runs: reads records until the thread is to end, and blocks so long. Messages can be
 * posted meanwhile, none are received.
 *
 * @param begin is given the options' `data`
 * @throws {EbpfError} `argument` in a thread that no `ReaderThread` has started; `permission` for `realtime`
 */
export function readInThread(begin: (data: unknown) => ReaderLoop): void {
  const { map, spinMs, realtime, wakeFd, stop, data } = threadData()
  const { onRecord, onBatch } = begin(data)
  using reader = openRingBuffer(map, { wakeFd })
  if (realtime) setRealtimeScheduling()
  for (;;) {
    const isLast = Atomics.load(stop, 0) !== 0
    const count = reader.drain(onRecord)
    if (count > 0) onBatch?.()
    if (isLast) return
    // A slice that ended without a record has nothing to spin for.
    reader.wait(SLICE_MS, count > 0 ? spinMs : 0)
  }
}

function threadData(): ThreadData {
  const data = workerData as Partial<ThreadData> | null
  if (data?.map === undefined || !(data.stop instanceof Int32Array))
    throw new EbpfError('argument', 'readInThread is called outside of a ReaderThread')
  return data as ThreadData
}
