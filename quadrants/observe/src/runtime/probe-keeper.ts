import { channel } from 'node:diagnostics_channel'
import { EbpfError } from '@quadrant/ebpf'
import type { HostClock } from '../discover/host-clock.ts'
import type { Cost } from './probe-budget.ts'
import { ProbeBudget, SHARE_MAX_DEFAULT } from './probe-budget.ts'
import { exeKey } from './exe-file.ts'
import type { ProbePurpose } from './findings.ts'
import type { GoProcess } from './go-process.ts'
import type { ProbeCounts, ProbeSource, ProcessProbes } from './process-probes.ts'
import { processCpuNs } from './process-cpu.ts'

/** Processes that are probed at once. */
export const PROBED_MAX = 256
/** How often costs are looked at: what is too dear is detached within a second. */
const JUDGE_NS = 2e8
/** Processes that are not probed again, since it cost them too much; the oldest are forgotten. */
const TOO_DEAR_MAX = 65_536

const diagnostics = channel('quadrant:observe')
/** Told of each process when its probes are placed: `{ process, what }`, its key and what they are for. */
const placed = channel('quadrant:observe:probes')

export interface ProbeKeeperOptions {
  readonly what: ProbePurpose
  readonly clock: HostClock
  readonly procRoot: string
  /** Default {@link PROBED_MAX}. */
  readonly probed?: number
  /** Of this host. */
  readonly processors: number
  /** Of its CPU, what the probes may cost a process where no instruction says otherwise. Default {@link SHARE_MAX_DEFAULT}. */
  readonly shareMax?: number
  /** It cost too much: its probes are gone. */
  readonly onTooDear: (process: GoProcess, cost: Cost) => void
  /** The program's runtime cannot be probed, in whichever process. */
  readonly onUnsupported: (process: GoProcess, reason: string) => void
  readonly onDisposed?: () => void
}

interface Probed {
  readonly probes: ProcessProbes
  readonly budget: ProbeBudget
}

/** Places probes in Go processes and takes them away again: by a limit, by what they cost, by instruction. */
export class ProbeKeeper implements Disposable {
  readonly #source: ProbeSource
  readonly #options: ProbeKeeperOptions
  readonly #probed = new Map<GoProcess, Probed>()
  /** That are to be probed, in the order in which they came. */
  readonly #waiting = new Set<GoProcess>()
  readonly #failed = new Set<GoProcess>()
  readonly #dear = new Set<GoProcess>()
  /** Keys of processes. */
  readonly #tooDear = new Set<string>()
  #isOff = false
  #shareMax: number
  #judgedNs = 0
  #problem: string | undefined

  constructor(source: ProbeSource, options: ProbeKeeperOptions) {
    this.#source = source
    this.#options = options
    this.#shareMax = options.shareMax ?? SHARE_MAX_DEFAULT
  }

  get probedCount(): number {
    return this.#probed.size
  }

  get probeCount(): number {
    let count = 0
    for (const { probes } of this.#probed.values()) count += probes.probeCount
    return count
  }

  isProbed(process: GoProcess): boolean {
    return this.#probed.has(process)
  }

  get shareMax(): number {
    return this.#shareMax
  }

  /** Why probes could not be placed the last time that they could not. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Processes that are not probed, by why. */
  refused(): { readonly reason: 'off' | 'limit' | 'failed' | 'cost'; readonly count: number }[] {
    const nowNs = this.#options.clock.monotonicNs()
    // The others are not refused: their time is to come.
    const settled = [...this.#waiting].filter(({ program }) => program.settledNs <= nowNs)
    return [
      { reason: this.#isOff ? ('off' as const) : ('limit' as const), count: settled.length },
      { reason: 'failed' as const, count: this.#failed.size },
      { reason: 'cost' as const, count: this.#dear.size },
    ].filter(({ count }) => count > 0)
  }

  /** @param shareMax 0 is the default */
  configure(options: { readonly isOff: boolean; readonly shareMax: number }): void {
    this.#shareMax = options.shareMax > 0 ? options.shareMax : (this.#options.shareMax ?? SHARE_MAX_DEFAULT)
    this.#isOff = options.isOff
    if (!options.isOff) return
    for (const process of this.#probed.keys()) {
      this.#release(process)
      this.#waiting.add(process)
    }
  }

  add(process: GoProcess): void {
    if (this.#tooDear.has(process.target.key)) this.#dear.add(process)
    else this.#waiting.add(process)
  }

  remove(process: GoProcess): void {
    this.#release(process)
    this.#waiting.delete(process)
    this.#failed.delete(process)
    this.#dear.delete(process)
  }

  /**
   * Judges costs where it is time to, then places probes: in one process at least, and in no other after `untilNs`
   * (CLOCK_MONOTONIC). A process that is about to end or to execute something is not worth it: see `settledNs`.
   */
  work(untilNs: number): void {
    const { clock } = this.#options
    const nowNs = clock.monotonicNs()
    if (nowNs - this.#judgedNs >= JUDGE_NS) {
      this.#judgedNs = nowNs
      for (const [process, probed] of this.#probed) this.#judge(process, probed, nowNs)
    }
    if (this.#isOff) return
    for (const process of this.#waiting) {
      if (this.#probed.size >= (this.#options.probed ?? PROBED_MAX)) break
      if (nowNs < process.program.settledNs) continue
      this.#waiting.delete(process)
      if (!this.#probe(process) || clock.monotonicNs() >= untilNs) break
    }
  }

  /** What probes cost since the last call, of those that were hit. */
  *takeCosts(): IterableIterator<readonly [GoProcess, Cost]> {
    for (const [process, { budget }] of this.#probed) {
      const cost = budget.take()
      if (cost) yield [process, cost]
    }
  }

  [Symbol.dispose](): void {
    for (const process of this.#probed.keys()) this.#release(process)
    this.#waiting.clear()
    this.#options.onDisposed?.()
  }

  /** False where there is no room now: it waits on. */
  #probe(process: GoProcess): boolean {
    const { procRoot, clock, processors } = this.#options
    const { target, file } = process
    // The place of the probes is an offset in this very file, so that no other can be hit; but it has to be the one that
    // the process runs, before and after.
    const isStale = () => exeKey(procRoot, target.pid) !== file.key
    if (isStale()) return true
    let probes
    try {
      probes = this.#source.probe(target)
    } catch (error) {
      if (isStale()) return true
      const reason = EbpfError.from(error)
      // The kernel has yet to let go of processes that ended.
      if (reason.code === 'limit') this.#waiting.add(process)
      else this.#fail(process, reason)
      return reason.code !== 'limit'
    }
    if (isStale()) {
      probes[Symbol.dispose]()
      return true
    }
    const cpuNs = Math.max(0, processCpuNs(procRoot, target.pid))
    const first = { ...probes.counts(), timeNs: clock.monotonicNs(), cpuNs }
    this.#probed.set(process, { probes, budget: new ProbeBudget(first, processors) })
    placed.publish({ process: target.key, what: this.#options.what })
    return true
  }

  #fail(process: GoProcess, { code, message }: EbpfError): void {
    const { target } = process
    const reason = message.replace(`${target.path}: `, '')
    const { what } = this.#options
    diagnostics.publish({ event: 'probe-failed', process: target.key, what, message: reason })
    if (code === 'unsupported') this.#options.onUnsupported(process, reason)
    else {
      this.#failed.add(process)
      this.#problem = reason
    }
  }

  #judge(process: GoProcess, { probes, budget }: Probed, timeNs: number): void {
    const counts: ProbeCounts = probes.counts()
    const cpuNs = budget.hasNews(counts) ? processCpuNs(this.#options.procRoot, process.target.pid) : -1
    budget.add({ ...counts, timeNs, cpuNs })
    const cost = budget.over(this.#shareMax)
    if (cost === undefined) return
    this.#probed.delete(process)
    probes[Symbol.dispose]()
    this.#dear.add(process)
    if (this.#tooDear.size >= TOO_DEAR_MAX) this.#tooDear.delete(this.#tooDear.values().next().value!)
    this.#tooDear.add(process.target.key)
    this.#options.onTooDear(process, cost)
  }

  #release(process: GoProcess): void {
    const probed = this.#probed.get(process)
    if (probed === undefined) return
    this.#probed.delete(process)
    probed.probes[Symbol.dispose]()
  }
}
