import type { CommandResult } from './command-options.ts'
import { PreparedCommand, type PrepareOptions, type RunOptions } from './prepared-command.ts'

export interface ResidentOptions {
  /** What each instance has from the start: made anew for each, as directories belong to one. */
  readonly prepare?: () => PrepareOptions
  /** Instances that are kept ready: 2, if it is not given. Each has the memory that the program starts with. */
  readonly warmMax?: number
  /** Runs at once: 64, if it is not given. */
  readonly runsMax?: number
}

export interface ResidentCounts {
  /** Instances that are ready. */
  readonly warm: number
  readonly running: number
  /** Runs that were begun, and those of them that found an instance ready. */
  readonly runs: number
  readonly warmRuns: number
  /** Runs that trapped, were killed or exited with another code than 0. */
  readonly failed: number
  /** Refused since too many ran. */
  readonly refused: number
  /** Units, of all runs that are over; 0 where the module is not metered. */
  readonly fuelUsed: number
}

/** A run that takes longer does not keep others from being prepared. */
const SHORT_RUN_MS = 20

/**
 * A program that stays compiled, with instances that are ready to run. Each runs once: no run sees anything of another.
 */
export class ResidentProgram implements Disposable {
  readonly #module: WebAssembly.Module
  readonly #prepare: () => PrepareOptions
  readonly #warmMax: number
  readonly #runsMax: number
  readonly #warm: PreparedCommand[] = []
  #isPreparing = false
  #isClosed = false
  #running = 0
  #runs = 0
  #warmRuns = 0
  #failed = 0
  #refused = 0
  #fuelUsed = 0

  private constructor(module: WebAssembly.Module, options: ResidentOptions) {
    this.#module = module
    this.#prepare = options.prepare ?? (() => ({}))
    this.#warmMax = options.warmMax ?? 2
    this.#runsMax = options.runsMax ?? 64
  }

  /** Comes back with one instance ready. @throws {WasmError} `link` or `option`, as `runCommand` */
  static async start(module: WebAssembly.Module, options: ResidentOptions = {}): Promise<ResidentProgram> {
    const program = new ResidentProgram(module, options)
    program.#warm.push(await PreparedCommand.prepare(module, program.#prepare()))
    program.#refill()
    return program
  }

  /** Undefined where too many run. @throws {WasmError} as `runCommand` */
  async run(options: RunOptions): Promise<CommandResult | undefined> {
    if (this.#running >= this.#runsMax || this.#isClosed) {
      this.#refused++
      return undefined
    }
    this.#running++
    this.#runs++
    let result: CommandResult | undefined
    // What is prepared now would hold up this run, unless it is a long one.
    const refill = setTimeout(() => this.#refill(), SHORT_RUN_MS)
    try {
      const ready = this.#warm.shift()
      if (ready !== undefined) this.#warmRuns++
      const command = ready ?? (await PreparedCommand.prepare(this.#module, this.#prepare()))
      result = await command.run(options)
      return result
    } finally {
      clearTimeout(refill)
      this.#refill()
      this.#running--
      if (result?.kind !== 'exit' || result.code !== 0) this.#failed++
      this.#fuelUsed += result?.fuelUsed ?? 0
    }
  }

  get counts(): ResidentCounts {
    return {
      warm: this.#warm.length,
      running: this.#running,
      runs: this.#runs,
      warmRuns: this.#warmRuns,
      failed: this.#failed,
      refused: this.#refused,
      fuelUsed: this.#fuelUsed,
    }
  }

  /** One after the other, behind what is to be answered. */
  #refill(): void {
    if (this.#isPreparing) return
    this.#isPreparing = true
    setImmediate(() => void this.#fill())
  }

  async #fill(): Promise<void> {
    try {
      while (this.#warm.length < this.#warmMax && !this.#isClosed) {
        const command = await PreparedCommand.prepare(this.#module, this.#prepare())
        if (this.#isClosed) command[Symbol.dispose]()
        else this.#warm.push(command)
      }
    } catch {
      // The next run has the same error, and somebody to tell it to.
    } finally {
      this.#isPreparing = false
    }
  }

  /** Runs that have begun go on to their end. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    for (const command of this.#warm.splice(0)) command[Symbol.dispose]()
  }
}
