import { Worker } from 'node:worker_threads'
import type { HostClock } from '../discover/host-clock.ts'
import type { ExeKey } from './exe-file.ts'
import type { Executable } from './executables.ts'
import type { GoFile, GoFiles } from './go-files.ts'
import type { GoProcess } from './go-process.ts'
import type { GoSearch } from './go-search.ts'

/** What the thread is asked for. */
export interface SearchOrder {
  readonly key: ExeKey
  /** Open until there is an answer. */
  readonly fd: number
  readonly byteLength: number
}

export interface SearchResult {
  readonly key: ExeKey
  readonly search: GoSearch
}

/** The thread takes some 15 MB: it ends when there was nothing to search for so long. It begins in 0.2 s. */
const IDLE_NS = 1e10
/** A search that takes longer is given up, and the thread with it. */
const SEARCH_NS_MAX = 6e10
const HEAP_MB_MAX = 192

interface Waiting {
  readonly executable: Executable
  readonly file: GoFile
  readonly processes: Set<GoProcess>
}

export interface GoSearcherOptions {
  readonly clock: HostClock
  readonly files: GoFiles
  /** Once for each process, unless it was removed. */
  readonly onFound: (process: GoProcess, search: GoSearch) => void
}

/** Has Go programs searched in a thread, each executable once. */
export class GoSearcher implements Disposable {
  readonly #options: GoSearcherOptions
  readonly #found = new WeakMap<Executable, GoSearch>()
  /** The first is the one that is searched. */
  readonly #waiting = new Map<ExeKey, Waiting>()
  #worker: Worker | undefined
  /** When the first began to be searched, or the last ended. */
  #sinceNs = 0
  #failedCount = 0

  constructor(options: GoSearcherOptions) {
    this.#options = options
    this.#sinceNs = options.clock.monotonicNs()
    // There will be something to search for: loading its code takes longer than most searches.
    this.#start()
  }

  /** Executables that the thread could not search; cumulative. */
  get failedCount(): number {
    return this.#failedCount
  }

  add(process: GoProcess): void {
    const { program, file } = process
    const executable = program.executable!
    const found = this.#found.get(executable)
    if (found) return this.#options.onFound(process, found)
    const waiting = this.#waiting.get(executable.key)
    if (waiting) {
      waiting.processes.add(process)
      return
    }
    if (this.#waiting.size === 0) this.#sinceNs = this.#options.clock.monotonicNs()
    this.#options.files.hold(file)
    this.#waiting.set(executable.key, { executable, file, processes: new Set([process]) })
    this.#start().postMessage(orderOf(file))
  }

  remove(process: GoProcess): void {
    this.#waiting.get(process.file.key)?.processes.delete(process)
  }

  /** Ends the thread where it has nothing to do, or does one thing for too long. */
  work(): void {
    if (this.#worker === undefined) return
    const isIdle = this.#waiting.size === 0
    const sinceNs = this.#options.clock.monotonicNs() - this.#sinceNs
    if (sinceNs > (isIdle ? IDLE_NS : SEARCH_NS_MAX)) void this.#worker.terminate()
  }

  [Symbol.dispose](): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('go-search-thread.ts', import.meta.url), {
      name: 'quadrant-search',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 3 },
    })
    worker.unref()
    worker.on('message', ({ key, search }: SearchResult) => this.#answer(key, search))
    // 'exit' follows.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#giveUpFirst()
    })
    this.#worker = worker
    return worker
  }

  #answer(key: ExeKey, search: GoSearch): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#waiting.delete(key)
    this.#sinceNs = this.#options.clock.monotonicNs()
    this.#found.set(waiting.executable, search)
    for (const process of waiting.processes) this.#options.onFound(process, search)
    this.#options.files.release(waiting.file)
  }

  /** The thread has ended under the first of those that wait: the others are searched by the next. */
  #giveUpFirst(): void {
    const [first] = this.#waiting.keys()
    if (first === undefined) return
    this.#failedCount++
    this.#answer(first, {
      variables: {},
      places: undefined,
      refusal: 'the search of its code for where collections are seen came to no end',
    })
    for (const { file } of this.#waiting.values()) this.#start().postMessage(orderOf(file))
  }
}

function orderOf({ key, fd, byteLength }: GoFile): SearchOrder {
  return { key, fd, byteLength }
}
