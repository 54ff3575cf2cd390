import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import {
  type Build,
  type Fact,
  type Finding,
  type GcCycle,
  type GoFigures,
  type Instruction,
  InstructionSchema,
  type ProbeCost,
  type RuntimeReport,
} from '@quadrant/proto'
import type { HostTracer } from '../../tracer/host-tracer.ts'
import { openHostTracer } from '../../tracer/open-host-tracer.ts'

const POLL_MS = 20
const TIMEOUT_MS = 60_000

/** All that a tracer of this very machine tells of runtimes, while it runs as an agent has it run. */
export class WatchedHost implements AsyncDisposable {
  readonly tracer: HostTracer
  readonly builds = new Map<string, Build>()
  /** Build of each process, the last that was told; by key. */
  readonly runs = new Map<string, string>()
  readonly facts: Fact[] = []
  readonly findings: Finding[] = []
  /** By process key. */
  readonly cycles = new Map<string, GcCycle[]>()
  readonly figures = new Map<string, GoFigures[]>()
  readonly costs = new Map<string, ProbeCost[]>()
  /** CPU samples of each process, by key. */
  readonly samples = new Map<string, number>()
  readonly told = new Set<string>()
  /** Keys of processes that were probed at some time. */
  readonly probed = new Set<string>()
  /** By stage and reason. */
  readonly drops = new Map<string, number>()
  #isOver = false
  readonly #running: Promise<void>

  readonly #onPlaced = (message: unknown) => void this.probed.add((message as { process: string }).process)

  constructor(options: { readonly source?: 'ebpf' | 'proc' } = {}) {
    this.tracer = openHostTracer({
      host: 'test',
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      source: options.source ?? 'ebpf',
    })
    subscribe('quadrant:observe:probes', this.#onPlaced)
    this.#running = this.#run()
  }

  get report(): RuntimeReport {
    return this.tracer.report().runtime!
  }

  configure(instruction: Partial<Pick<Instruction, 'probesOff' | 'profilesOff' | 'profileHz'>>): void {
    this.tracer.configure(create(InstructionSchema, instruction))
  }

  /** `pid@start`, as the tracer has it. */
  key(pid: number): string {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return `${pid}@${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  }

  buildOf(key: string): Build | undefined {
    return this.builds.get(this.runs.get(key) ?? '')
  }

  refusedCount(reason: string): number {
    return this.report.refused.find((refused) => refused.reason === reason)?.count ?? 0
  }

  /** Waits until something is so. @throws {Error} where it is not within a minute */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + TIMEOUT_MS
    while (!isSo()) {
      if (performance.now() > deadlineMs) throw new Error(`not within a minute: ${what}`)
      await sleep(POLL_MS)
    }
  }

  /** Waits until all that happened by now is told. */
  async settle(): Promise<void> {
    for (let ticks = 2; ticks > 0; ticks--) await this.#ticked()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe('quadrant:observe:probes', this.#onPlaced)
    this.#isOver = true
    await this.#running
    await this.tracer[Symbol.asyncDispose]()
  }

  #tick: PromiseWithResolvers<void> = Promise.withResolvers()

  #ticked(): Promise<void> {
    return this.#tick.promise
  }

  async #run(): Promise<void> {
    let nextTickMs = performance.now()
    while (!this.#isOver) {
      this.tracer.poll()
      if (performance.now() >= nextTickMs) {
        nextTickMs = performance.now() + 1000
        this.#take()
        this.#tick.resolve()
        this.#tick = Promise.withResolvers()
      }
      await sleep(POLL_MS)
    }
  }

  #take(): void {
    const { processes, runtime, drops } = this.tracer.tick().batch
    for (const { stage, reason, count } of drops)
      this.drops.set(`${stage} ${reason}`, (this.drops.get(`${stage} ${reason}`) ?? 0) + count)
    for (const { key } of processes) this.told.add(key)
    if (!runtime) return
    const { processKeys } = runtime
    for (const build of runtime.builds) this.builds.set(build.id, build)
    for (const { process, buildId } of runtime.processBuilds) this.runs.set(processKeys[process]!, buildId)
    this.facts.push(...runtime.facts)
    this.findings.push(...runtime.findings)
    const group = <Row extends { process: number }>(rows: readonly Row[], into: Map<string, Row[]>) => {
      for (const row of rows) {
        const key = processKeys[row.process]!
        into.set(key, [...(into.get(key) ?? []), row])
      }
    }
    for (const { sampleProcess, sampleCount } of runtime.profiles)
      for (const [row, process] of sampleProcess.entries()) {
        const key = processKeys[process]!
        this.samples.set(key, (this.samples.get(key) ?? 0) + sampleCount[row]!)
      }
    group(runtime.gcCycles, this.cycles)
    group(runtime.goFigures, this.figures)
    group(runtime.probeCosts, this.costs)
  }
}
