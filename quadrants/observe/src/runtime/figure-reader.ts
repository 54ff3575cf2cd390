import { GolangError, readGoFigures, type RuntimeVariables } from '@quadrant/golang'
import type { GoFigures } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import { exeKey } from './exe-file.ts'
import { goFiguresOf } from './go-figures.ts'
import { openGoMemory, type GoMemory } from './go-memory.ts'
import type { GoProcess } from './go-process.ts'

/** Processes that are read in one tick, some 30 µs each: with more of them, each is read less often. */
const TICK_PROCESSES_MAX = 128
/** However long it takes. */
const TICK_NS_MAX = 1e7

interface Reading {
  readonly memory: GoMemory
  readonly variables: RuntimeVariables
}

export interface FigureReaderOptions {
  readonly clock: HostClock
  readonly procRoot: string
}

/** Reads the state of Go processes from their memory, without their knowing. */
export class FigureReader implements Disposable {
  readonly #options: FigureReaderOptions
  readonly #waiting = new Set<GoProcess>()
  /** In the order in which they are read: who was read is the last. */
  readonly #reading = new Map<GoProcess, Reading>()
  readonly #hidden = new Set<GoProcess>()

  constructor(options: FigureReaderOptions) {
    this.#options = options
  }

  /** Processes whose memory may not be read. */
  get hiddenCount(): number {
    return this.#hidden.size
  }

  /** Of which the executable was searched. */
  add(process: GoProcess): void {
    this.#waiting.add(process)
  }

  remove(process: GoProcess): void {
    this.#waiting.delete(process)
    this.#hidden.delete(process)
    this.#reading.get(process)?.memory[Symbol.dispose]()
    this.#reading.delete(process)
  }

  /** Opens the memory of those that were added: of one at least, and of no other after `untilNs` (CLOCK_MONOTONIC). */
  work(untilNs: number): void {
    for (const process of this.#waiting) {
      this.#waiting.delete(process)
      this.#open(process)
      if (this.#options.clock.monotonicNs() >= untilNs) return
    }
  }

  /** The figures of those whose turn it is. */
  *read(): IterableIterator<readonly [GoProcess, GoFigures]> {
    const { clock } = this.#options
    const untilNs = clock.monotonicNs() + TICK_NS_MAX
    for (const [process, reading] of [...this.#reading].slice(0, TICK_PROCESSES_MAX)) {
      this.#reading.delete(process)
      this.#reading.set(process, reading)
      const { value } = readGoFigures(
        reading.memory,
        process.target.layout,
        reading.variables,
        reading.memory.bias,
      )
      const figures = goFiguresOf(value, clock.epochNs())
      if (figures) yield [process, figures]
      if (clock.monotonicNs() >= untilNs) return
    }
  }

  [Symbol.dispose](): void {
    for (const { memory } of this.#reading.values()) memory[Symbol.dispose]()
    this.#reading.clear()
  }

  #open(process: GoProcess): void {
    const { procRoot } = this.#options
    const { target, file } = process
    let memory
    try {
      memory = openGoMemory(procRoot, target.pid, process.header)
      // Only now it is sure to be the memory of the program that was read, and stays so.
      if (exeKey(procRoot, target.pid) !== file.key) return memory[Symbol.dispose]()
      this.#reading.set(process, { memory, variables: process.search?.variables ?? {} })
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      if (code === 'EACCES' || code === 'EPERM') this.#hidden.add(process)
      // Else it has ended meanwhile, or its file is broken: then there is nothing to be read.
      else if (!(error instanceof GolangError) && typeof code !== 'string') throw error
    }
  }
}
