import { channel } from 'node:diagnostics_channel'
import { create } from '@bufbuild/protobuf'
import { formatCoordinate } from '@quadrant/core'
import {
  type Instruction,
  type ProbeCost,
  type RuntimeBatch,
  type RuntimeReport,
  RuntimeReportSchema,
} from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { ProcessTable } from '../discover/process-table.ts'
import type { ImageId } from '../profile/process-image.ts'
import type { Profiler } from '../profile/profiler.ts'
import { BuildLog } from './build-log.ts'
import type { ExeFile } from './exe-file.ts'
import { ExeThread } from './exe-thread.ts'
import type { GcSink, GcSource } from './gc-source.ts'
import { FigureReader } from './figure-reader.ts'
import { GoFiles } from './go-files.ts'
import type { GoWatcher, WantedProbes } from './go-probing.ts'
import type { GoProcess } from './go-process.ts'
import type { GoSearch } from './go-search.ts'
import { GoSearcher } from './go-searcher.ts'
import type { GoTarget } from './go-target.ts'
import type { ProbeSource } from './process-probes.ts'
import { ProfileKeeper } from './profile-keeper.ts'
import { addCosts, type Cost } from './probe-budget.ts'
import { type ProbePurpose, tooDearFinding } from './findings.ts'
import { ProbeKeeper, type ProbeKeeperOptions } from './probe-keeper.ts'
import type { Program } from './program.ts'
import { Programs } from './programs.ts'
import { RuntimeLog } from './runtime-log.ts'
import type { RuntimeObserver } from './runtime-observer.ts'
import { toldText } from './told-text.ts'

/** What one poll may take beside the events themselves. */
const POLL_NS = 1e7

/** Executables that are compared with what is known of them in one tick: a net for execs whose record was lost … */
const CHECKS = 64
/** … and where there are no records, the only way to see one. */
const CHECKS_WITHOUT_RECORDS = 1024

const diagnostics = channel('quadrant:observe')

export interface RuntimeObserverOptions {
  /** Name of this host, as in coordinates. */
  readonly host: string
  readonly clock: HostClock
  readonly procRoot: string
  readonly processes: ProcessTable
  /** Processes tell by records that they execute something. */
  readonly hasRecords: boolean
  /** Of this host. */
  readonly processors: number
  /** Opens what places probes. Default: collections are not seen. @throws {EbpfError} where the host does not let us */
  readonly openGcSource?: (sink: GcSink, searchOf: (target: GoTarget) => GoSearch | undefined) => GcSource
  /** Opens what samples processors. Default: nothing is sampled. @throws {EbpfError} where the host does not let us */
  readonly openProfiler?: () => Profiler
  /** Processes that are probed at once. Default 256. */
  readonly probed?: number
}

/** Looks at every process of the table from now on, and at those that are there. */
export function openRuntimeObserver(options: RuntimeObserverOptions): RuntimeObserver {
  return new Observer(options)
}

class Observer implements RuntimeObserver {
  readonly #options: RuntimeObserverOptions
  readonly #clock: HostClock
  readonly #programs: Programs
  readonly #files = new GoFiles()
  readonly #log: RuntimeLog
  readonly #builds: BuildLog
  readonly #figures: FigureReader
  readonly #thread: ExeThread
  readonly #searcher: GoSearcher
  /** Go programs that began a moment ago: the tables of one that is over in the next are not worth opening. */
  readonly #young = new Map<Program, ExeFile>()
  /** By `pid@start`. */
  readonly #goProcesses = new Map<string, GoProcess>()
  readonly #profiles: ProfileKeeper | undefined
  readonly #watchers: GoWatcher[] = []
  /** Of all purposes. */
  readonly #keepers = new Set<ProbeKeeper>()
  #instruction = { isOff: false, shareMax: 0 }
  #source: GcSource | undefined
  /** Of collections. */
  #keeper: ProbeKeeper | undefined
  #sourceProblem: string | undefined

  constructor(options: RuntimeObserverOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#log = new RuntimeLog(options.processes)
    this.#builds = new BuildLog(options.host)
    this.#figures = new FigureReader(options)
    this.#thread = new ExeThread(options)
    this.#searcher = new GoSearcher({
      thread: this.#thread,
      files: this.#files,
      onFound: (process, search) => this.#found(process, search),
    })
    this.#openSource()
    if (options.openProfiler) this.#profiles = new ProfileKeeper(options.openProfiler, options.clock)
    this.#programs = new Programs({
      clock: options.clock,
      procRoot: options.procRoot,
      thread: this.#thread,
      startOf: (process) => options.processes.startEpochNs(process),
      observer: {
        runs: (program, file) => this.#runs(program, file),
        left: (program) => this.#left(program),
      },
    })
    options.processes.listen(this.#programs)
  }

  poll(): void {
    this.#source?.poll()
    const untilNs = this.#clock.monotonicNs() + POLL_NS
    this.#programs.look(untilNs)
    this.#openSettled(untilNs)
    for (const keeper of this.#keepers) keeper.work(untilNs)
    this.#figures.work(untilNs)
    this.#thread.work()
    this.#profiles?.poll()
  }

  tick(): RuntimeBatch | undefined {
    this.#programs.check(this.#options.hasRecords ? CHECKS : CHECKS_WITHOUT_RECORDS)
    this.poll()
    for (const [process, figures] of this.#figures.read()) this.#log.figures(process.program.process, figures)
    for (const [process, { cost, shareMax }] of this.#takeCosts())
      this.#log.cost(process.program.process, this.#messageOf(cost, { shareMax, detached: false }))
    for (const window of this.#profiles?.take((image) => this.#indexOfImage(image)) ?? [])
      this.#log.profile(window)
    return this.#log.take((batch) => this.#builds.fill(batch, (process) => this.#log.indexOf(process)))
  }

  watch(watcher: GoWatcher): void {
    this.#watchers.push(watcher)
    for (const process of this.#goProcesses.values()) if (process.search !== undefined) watcher.found(process)
  }

  keepProbes({ source, onTooDear, ...wanted }: WantedProbes): ProbeKeeper {
    const keeper = this.#newKeeper(source, {
      ...wanted,
      onTooDear: (process, cost) => {
        this.#tooDear(keeper, wanted.what, process, cost)
        onTooDear(process)
      },
      onDisposed: () => this.#keepers.delete(keeper),
    })
    return keeper
  }

  tellAgain(): void {
    this.#builds.tellAgain(this.#programs, this.#clock.epochNs())
  }

  configure(instruction: Instruction): void {
    this.#instruction = { isOff: instruction.probesOff, shareMax: instruction.probeShareMax }
    for (const keeper of this.#keepers) keeper.configure(this.#instruction)
    this.#profiles?.configure(instruction)
  }

  report(): RuntimeReport {
    const counts = new Map<string, number>()
    let versionCount = 0
    for (const { executable } of this.#programs) {
      if (executable === undefined) continue
      const { runtime, refusal } = executable.build
      counts.set(runtime, (counts.get(runtime) ?? 0) + 1)
      if (runtime === 'go' && refusal !== '') versionCount++
    }
    const refused = [{ reason: 'version', count: versionCount }, ...(this.#keeper?.refused() ?? [])]
    if (this.#keeper === undefined)
      refused.push({ reason: 'host', count: (counts.get('go') ?? 0) - versionCount })
    const latency = this.#source?.latencyUs()
    return create(RuntimeReportSchema, {
      processes: Array.from(counts, ([runtime, count]) => ({ runtime, count })),
      probedProcesses: this.#keeper?.probedCount ?? 0,
      probes: this.#keeper?.probeCount ?? 0,
      refused: refused
        .filter(({ count }) => count > 0)
        .map(({ reason, count }) => ({ stage: 'runtime.probes', reason, count })),
      latencyUsMedian: latency?.median ?? 0,
      latencyUsP99: latency?.p99 ?? 0,
      ...this.#profiles?.report(),
    })
  }

  programs() {
    return [...(this.#source?.programs() ?? []), ...(this.#profiles?.programs() ?? [])]
  }

  drops() {
    return [
      ...(this.#source?.drops() ?? []),
      ...(this.#profiles?.drops() ?? []),
      { stage: 'runtime.events', reason: 'tick-limit', count: this.#log.droppedCount },
      { stage: 'runtime.events', reason: 'process-forgotten', count: this.#log.forgottenCount },
      { stage: 'runtime.builds', reason: 'process-limit', count: this.#builds.droppedCount },
      { stage: 'runtime.facts', reason: 'name-too-long', count: this.#builds.refusedFactCount },
      { stage: 'runtime.executables', reason: 'limit', count: this.#programs.limitCount },
      {
        stage: 'runtime.executables',
        reason: 'unreadable',
        count: this.#programs.unreadableCount + this.#searcher.failedCount,
      },
    ]
  }

  stages() {
    return this.#profiles?.stages() ?? []
  }

  blindSpots(): readonly string[] {
    const spots: string[] = []
    if (this.#sourceProblem !== undefined)
      spots.push(`collections of Go programs are not seen: ${this.#sourceProblem}`)
    const unsampled = this.#profiles ? this.#profiles.problem : "samples need the kernel's programs"
    if (unsampled !== undefined) spots.push(`where processor time goes is not seen: ${unsampled}`)
    let hidden = 0
    for (const { isHidden } of this.#programs) if (isHidden) hidden++
    if (hidden > 0)
      spots.push(
        `the executables of ${hidden} processes of other users may not be read: which runtime and build they are is not known`,
      )
    if (this.#figures.hiddenCount > 0)
      spots.push(
        `the memory of ${this.#figures.hiddenCount} Go processes may not be read: their heap, goroutines and scheduler are not known`,
      )
    if (!this.#options.hasRecords)
      spots.push('what a process executes is looked up once a second: programs that end before are not seen')
    const problem = this.#keeper?.problem
    if (problem !== undefined) spots.push(`probes could not be placed in every Go process: ${problem}`)
    return spots
  }

  [Symbol.dispose](): void {
    this.#end()
    this.#source?.[Symbol.dispose]()
    this.#files[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
    await this.#source?.[Symbol.asyncDispose]()
    this.#files[Symbol.dispose]()
  }

  #end(): void {
    this.#profiles?.[Symbol.dispose]()
    this.#thread[Symbol.dispose]()
    this.#programs[Symbol.dispose]()
    this.#figures[Symbol.dispose]()
    for (const file of this.#young.values()) file[Symbol.dispose]()
    for (const keeper of this.#keepers) keeper[Symbol.dispose]()
  }

  #openSource(): void {
    const { openGcSource, probed } = this.#options
    if (openGcSource === undefined) {
      this.#sourceProblem = "probes need the kernel's programs"
      return
    }
    try {
      const sink: GcSink = {
        cycle: ({ key }, cycle) => {
          const process = this.#goProcesses.get(key)
          if (process) this.#log.cycle(process.program.process, cycle)
        },
        stop: ({ key }, stop) => {
          const process = this.#goProcesses.get(key)
          if (process) this.#log.stop(process.program.process, stop)
        },
      }
      this.#source = openGcSource(sink, ({ key }) => this.#goProcesses.get(key)?.search)
    } catch (error) {
      this.#sourceProblem = error instanceof Error ? error.message : String(error)
      diagnostics.publish({ event: 'gc-source-failed', message: this.#sourceProblem })
      return
    }
    this.#keeper = this.#newKeeper(this.#source, {
      what: 'gc',
      probed,
      onTooDear: (process, cost) => this.#tooDear(this.#keeper!, 'gc', process, cost),
      onUnsupported: ({ program }, reason) => this.#unsupported(program, reason),
    })
  }

  #newKeeper(
    source: ProbeSource,
    options: Omit<ProbeKeeperOptions, 'clock' | 'procRoot' | 'processors'>,
  ): ProbeKeeper {
    const { clock, procRoot, processors } = this.#options
    const keeper = new ProbeKeeper(source, { clock, procRoot, processors, ...options })
    keeper.configure(this.#instruction)
    this.#keepers.add(keeper)
    return keeper
  }

  /** Of each process what all of its probes cost, and may. */
  #takeCosts(): ReadonlyMap<GoProcess, { readonly cost: Cost; readonly shareMax: number }> {
    const costs = new Map<GoProcess, { readonly cost: Cost; readonly shareMax: number }>()
    for (const keeper of this.#keepers)
      for (const [process, cost] of keeper.takeCosts()) {
        const { shareMax } = keeper
        const other = costs.get(process)
        costs.set(process, {
          cost: other === undefined ? cost : addCosts(other.cost, cost),
          shareMax: shareMax + (other?.shareMax ?? 0),
        })
      }
    return costs
  }

  #indexOfImage({ pid, startTicks }: ImageId): number {
    const id = this.#options.processes.idOf(pid, startTicks)
    return (id === undefined ? undefined : this.#log.indexOf({ id })) ?? -1
  }

  #runs(program: Program, file: ExeFile): void {
    this.#builds.runs(program, this.#clock.epochNs())
    if (program.executable!.layout === undefined) file[Symbol.dispose]()
    else this.#young.set(program, file)
  }

  /** Of one at least, and of no other after `untilNs` (CLOCK_MONOTONIC). */
  #openSettled(untilNs: number): void {
    for (const [program, file] of this.#young) {
      const nowNs = this.#clock.monotonicNs()
      if (program.settledNs > nowNs) continue
      this.#young.delete(program)
      this.#observe(program, file)
      if (nowNs >= untilNs) return
    }
  }

  #observe(program: Program, file: ExeFile): void {
    const { layout, header } = program.executable!
    const held = this.#files.acquire(file)
    const target = { pid: program.process.pid, key: program.key, path: held.path, layout: layout! }
    const process: GoProcess = { program, file: held, target, header, search: undefined }
    this.#goProcesses.set(program.key, process)
    this.#searcher.add(process)
  }

  #found(process: GoProcess, search: GoSearch): void {
    process.search = search
    if (search.refusal !== '') this.#unsupported(process.program, search.refusal)
    if (process.program.executable?.build.refusal === '') this.#keeper?.add(process)
    this.#figures.add(process)
    for (const watcher of this.#watchers) watcher.found(process)
  }

  #left(program: Program): void {
    const { endNs } = program.process
    const nowNs = this.#clock.epochNs()
    this.#builds.ended(program, nowNs, endNs === 0 ? nowNs : nowNs - this.#clock.monotonicNs() + endNs)
    this.#young.get(program)?.[Symbol.dispose]()
    this.#young.delete(program)
    const process = this.#goProcesses.get(program.key)
    if (process === undefined) return
    // What its probes saw until now is still told.
    this.#source?.poll()
    for (const watcher of this.#watchers) watcher.left(process)
    this.#goProcesses.delete(program.key)
    this.#searcher.remove(process)
    this.#keeper?.remove(process)
    this.#figures.remove(process)
    this.#files.release(process.file)
  }

  /** The build is told once more, with why; its other processes are not tried. */
  #unsupported({ executable }: Program, reason: string): void {
    if (executable === undefined || executable.build.refusal !== '') return
    executable.build.refusal = toldText(reason)
    this.#builds.tellBuild(executable, this.#clock.epochNs())
  }

  #tooDear({ shareMax }: ProbeKeeper, what: ProbePurpose, { program }: GoProcess, cost: Cost): void {
    this.#log.cost(program.process, this.#messageOf(cost, { shareMax, detached: true }))
    this.#log.finding(
      tooDearFinding(formatCoordinate({ kind: 'proc', host: this.#options.host, key: program.key }), cost, {
        name: program.process.comm,
        shareMax,
        what,
        timeNs: this.#clock.epochNs(),
      }),
    )
  }

  #messageOf(cost: Cost, told: { readonly shareMax: number; readonly detached: boolean }): ProbeCost {
    const { intervalNs, cpuNs, hits, trapNs, programNs, share } = cost
    return {
      $typeName: 'quadrant.v1.ProbeCost',
      process: 0,
      timeNs: this.#clock.epochNs(),
      intervalNs,
      processCpuNs: cpuNs,
      hits,
      trapNs,
      programNs,
      share,
      ...told,
    }
  }
}
