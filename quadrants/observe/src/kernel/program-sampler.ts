import { enableProgramStats, EbpfError } from '@quadrant/ebpf'
import type { ProgramReport } from './programs.ts'

/** From the beginning of one sample to the next. What a run costs changes with the traffic, over minutes. */
const EVERY_NS = 30_000_000_000
/** At least; a sample begins and ends with a tick, so that it holds whole passes. */
const LENGTH_NS = 900_000_000
/** After the start, which is not like what follows. */
const FIRST_AFTER_NS = 2_000_000_000

/** What programs did while they were timed. */
export interface ProgramSample {
  /** ns, CLOCK_MONOTONIC. */
  readonly endNs: number
  readonly lengthNs: number
  /** By the kernel's id of the program. */
  readonly programs: ReadonlyMap<number, { readonly runs: number; readonly runNs: number }>
}

export interface ProgramSamplerOptions {
  /** Has the kernel time programs while it is held. Default {@link enableProgramStats}. */
  readonly enable?: () => Disposable
}

/**
 * Has the kernel time our programs now and then. It times every program of the machine while it does, at some 80 ns a
 * run, so it is asked for a thirtieth of the time only.
 */
export class ProgramSampler implements Disposable {
  readonly #read: () => readonly ProgramReport[]
  readonly #enable: () => Disposable
  #firstTickNs: number | undefined
  #beganNs = -Infinity
  #running: { readonly stats: Disposable; readonly before: readonly ProgramReport[] } | undefined
  #last: ProgramSample | undefined
  #problem: EbpfError | undefined

  /** @param read the programs, with all that the kernel counted of them so far */
  constructor(read: () => readonly ProgramReport[], options: ProgramSamplerOptions = {}) {
    this.#read = read
    this.#enable = options.enable ?? enableProgramStats
  }

  /** The last sample that ended. */
  get last(): ProgramSample | undefined {
    return this.#last
  }

  /** Why the kernel would not time programs when it was last asked. */
  get problem(): EbpfError | undefined {
    return this.#problem
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Once a second, between passes: begins a sample that is due, ends one that is long enough. */
  tick(nowNs: number): void {
    this.#firstTickNs ??= nowNs
    if (this.#running !== undefined) {
      if (nowNs - this.#beganNs >= LENGTH_NS) this.#end(nowNs)
    } else if (nowNs - this.#firstTickNs >= FIRST_AFTER_NS && nowNs - this.#beganNs >= EVERY_NS)
      this.#begin(nowNs)
  }

  [Symbol.dispose](): void {
    this.#running?.stats[Symbol.dispose]()
    this.#running = undefined
  }

  #begin(nowNs: number): void {
    this.#beganNs = nowNs
    try {
      const stats = this.#enable()
      this.#running = { stats, before: this.#read() }
      this.#problem = undefined
    } catch (error) {
      if (!(error instanceof EbpfError)) throw error
      // A kernel before 5.8, or no CAP_SYS_ADMIN.
      this.#problem = error
    }
  }

  #end(nowNs: number): void {
    const { stats, before } = this.#running!
    this.#running = undefined
    const after = this.#read()
    stats[Symbol.dispose]()
    const began = new Map(before.map((program) => [program.id, program]))
    const programs = new Map<number, { runs: number; runNs: number }>()
    for (const { id, runs, runNs } of after) {
      // One that was loaded meanwhile is in the next sample.
      const then = began.get(id)
      if (then !== undefined) programs.set(id, { runs: runs - then.runs, runNs: runNs - then.runNs })
    }
    this.#last = { endNs: nowNs, lengthNs: nowNs - this.#beganNs, programs }
  }
}
