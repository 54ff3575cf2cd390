import type { ProbeCounts } from './process-probes.ts'

/** Of its CPU, what observing may cost a process where no instruction says otherwise. */
export const SHARE_MAX_DEFAULT = 0.01

/** What is judged is what happened in so long. */
export const JUDGED_NS = 1e9

/**
 * Nanoseconds in {@link JUDGED_NS} below which no share is too much: one collection costs some 50 µs, which is much of
 * the CPU of a process that does nothing else.
 */
const COST_NS_MIN = 1e6

/** /proc tells CPU time in hundredths of a second. */
const CPU_TICK_NS = 1e7

/**
 * What a hit is taken to cost while that is not known: it is measured when observing begins, and not everywhere. What was
 * measured on several machines is 600 to 1,300 ns for most instructions.
 */
const TRAP_NS_ASSUMED = 1000

/** One look at what probes cost and what the process took; all but `timeNs` cumulative. */
export interface CostSample extends ProbeCounts {
  readonly timeNs: number
  /** CPU time of the process, or -1 where it was not looked up. */
  readonly cpuNs: number
}

/** What happened between the first and the last of some looks. */
export interface Cost extends ProbeCounts {
  readonly intervalNs: number
  readonly cpuNs: number
  /** Of its CPU, at most 1. */
  readonly share: number
}

/** What probes of two purposes cost a process in about the same time. */
export function addCosts(a: Cost, b: Cost): Cost {
  return {
    hits: a.hits + b.hits,
    trapNs: a.trapNs + b.trapNs,
    programNs: a.programNs + b.programNs,
    intervalNs: Math.max(a.intervalNs, b.intervalNs),
    cpuNs: Math.max(a.cpuNs, b.cpuNs),
    share: Math.min(1, a.share + b.share),
  }
}

/** What one process's probes cost it over the last second, against its CPU. Look at it some times a second. */
export class ProbeBudget {
  /** Oldest first. The first is the last that is older than what is judged. */
  readonly #samples: CostSample[]
  readonly #processors: number
  #told: CostSample
  /** The newest with the process's CPU. */
  #known: CostSample

  /**
   * @param first with the process's CPU
   * @param processors that a process can keep busy at once
   */
  constructor(first: CostSample, processors: number) {
    this.#samples = [first]
    this.#told = first
    this.#known = first
    this.#processors = processors
  }

  /** Whether anything happened since the last look: else the process's CPU need not be read. */
  hasNews(counts: ProbeCounts): boolean {
    return counts.hits !== this.#samples.at(-1)!.hits
  }

  add(sample: CostSample): void {
    this.#samples.push(sample)
    if (sample.cpuNs >= 0) this.#known = sample
    const from = sample.timeNs - JUDGED_NS
    while (this.#samples.length > 2 && this.#samples[1]!.timeNs <= from) this.#samples.shift()
  }

  /** What is more than this share of the process's CPU; undefined where nothing is. */
  over(shareMax: number): Cost | undefined {
    const last = this.#samples.at(-1)!
    const from = last.timeNs - 1.5 * JUDGED_NS
    const first = this.#samples.find(({ timeNs, cpuNs }) => cpuNs >= 0 && timeNs >= from)
    if (first !== undefined && first !== last && last.cpuNs >= 0)
      return ifOver(between(first, last), shareMax)
    // Its CPU was not looked up, since nothing happened. It cannot have taken more than there is.
    const before = this.#samples.at(-2)
    if (before === undefined) return undefined
    const cpuNs = (last.timeNs - before.timeNs) * this.#processors
    return ifOver(between({ ...before, cpuNs: 0 }, { ...last, cpuNs }), shareMax)
  }

  /** What it cost since this was asked last; undefined where nothing happened. */
  take(): Cost | undefined {
    const first = this.#told
    const last = this.#known
    if (last.hits === first.hits) return undefined
    this.#told = last
    return between(first, last)
  }
}

function between(first: CostSample, last: CostSample): Cost {
  const cpuNs = Math.max(0, last.cpuNs - first.cpuNs)
  const hits = last.hits - first.hits
  // By the newest mean of a hit: what a hit costs becomes known, or better known, on the way.
  const trapNs = hits * (last.trapNs > 0 ? last.trapNs / last.hits : TRAP_NS_ASSUMED)
  const programNs = hits === 0 ? 0 : hits * (last.programNs / last.hits)
  const costNs = trapNs + programNs
  return {
    intervalNs: last.timeNs - first.timeNs,
    cpuNs,
    hits,
    trapNs,
    programNs,
    // What took less than a tick of the clock may be told as nothing.
    share: costNs / Math.max(cpuNs, costNs, CPU_TICK_NS),
  }
}

/** What happened in less time than is judged has to be so much more: a short burst is no reason. */
function ifOver(cost: Cost, shareMax: number): Cost | undefined {
  const costNs = cost.trapNs + cost.programNs
  const costNsMin = COST_NS_MIN * Math.max(1, JUDGED_NS / cost.intervalNs)
  return costNs > costNsMin && costNs > shareMax * (cost.cpuNs + CPU_TICK_NS) ? cost : undefined
}
