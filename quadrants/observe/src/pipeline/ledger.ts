/** What one stage has done so far, in spans and data points: `seen = kept + held + Σ dropped`. */
export interface StageCounts {
  /** `receiver/otlp`, `traces/processor/batch`, `exporter/otlp`, … */
  readonly stage: string
  readonly seen: number
  /** Given to the next stage; by an exporter: taken by its backend. */
  readonly kept: number
  /** Still here, in memory or on disk. */
  readonly held: number
  readonly dropped: readonly { readonly reason: string; readonly count: number }[]
}

/** Reasons of one stage that are told apart; foreign words (a backend's) must not grow the table. */
const REASONS_MAX = 64
const OTHER_REASON = '~other'

/** The counters of one stage. */
export class StageLedger {
  readonly stage: string
  #seen = 0
  #kept = 0
  #droppedSum = 0
  readonly #dropped = new Map<string, number>()

  constructor(stage: string) {
    this.stage = stage
  }

  see(count: number): void {
    this.#seen += count
  }

  keep(count: number): void {
    this.#kept += count
  }

  drop(reason: string, count: number): void {
    if (count === 0) return
    const known = this.#dropped.has(reason) || this.#dropped.size < REASONS_MAX
    const name = known ? reason : OTHER_REASON
    this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + count)
    this.#droppedSum += count
  }

  counts(): StageCounts {
    return {
      stage: this.stage,
      seen: this.#seen,
      kept: this.#kept,
      held: this.#seen - this.#kept - this.#droppedSum,
      dropped: [...this.#dropped].map(([reason, count]) => ({ reason, count })),
    }
  }
}

/** All stages of all pipelines. */
export class Ledger {
  readonly #stages = new Map<string, StageLedger>()

  /** The stage's counters, made with the first call. */
  stage(name: string): StageLedger {
    let stage = this.#stages.get(name)
    if (!stage) this.#stages.set(name, (stage = new StageLedger(name)))
    return stage
  }

  counts(): readonly StageCounts[] {
    return [...this.#stages.values()].map((stage) => stage.counts())
  }
}
