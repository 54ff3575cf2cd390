import { EbpfError, enableProgramStats, type Program } from '@quadrant/ebpf'

/** As much as a mean needs. */
const RUNS_MIN = 200
/** Timing programs costs every program of the machine some 80 ns a run: so long, so often. */
const LENGTH_NS = 1_000_000_000
const EVERY_NS = 30_000_000_000

/**
 * What one run of a program takes: the mean over the runs that the kernel timed, because we asked it to or somebody
 * else did. We ask until there were enough.
 */
export class RunCost implements Disposable {
  readonly #program: Pick<Program, 'stats'>
  readonly #enable: () => Disposable
  #timing: Disposable | undefined
  #beganNs = -Infinity

  /** @param enable has the kernel time programs for as long as the result is held. Default {@link enableProgramStats} */
  constructor(program: Pick<Program, 'stats'>, enable: () => Disposable = enableProgramStats) {
    this.#program = program
    this.#enable = enable
  }

  /** Nanoseconds of a run; 0 until one was timed. */
  get meanNs(): number {
    const { runs, runNs } = this.#program.stats()
    return runs === 0 ? 0 : runNs / runs
  }

  /** Now and then, while there are probes. */
  tick(nowNs: number): void {
    if (this.#timing !== undefined) {
      if (nowNs - this.#beganNs >= LENGTH_NS || this.#isKnown()) this[Symbol.dispose]()
    } else if (nowNs - this.#beganNs >= EVERY_NS && !this.#isKnown()) {
      this.#beganNs = nowNs
      try {
        this.#timing = this.#enable()
      } catch (error) {
        // A kernel before 5.8, or no CAP_SYS_ADMIN: it stays unknown.
        if (!(error instanceof EbpfError)) throw error
      }
    }
  }

  #isKnown(): boolean {
    return this.#program.stats().runs >= RUNS_MIN
  }

  [Symbol.dispose](): void {
    this.#timing?.[Symbol.dispose]()
    this.#timing = undefined
  }
}
