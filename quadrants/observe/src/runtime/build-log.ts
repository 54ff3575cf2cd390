import { formatCoordinate } from '@quadrant/core'
import type { Fact, ProcessBuild, RuntimeBatch } from '@quadrant/proto'
import { buildFacts, factOf } from './build-facts.ts'
import type { Executable } from './executables.ts'
import type { Program } from './program.ts'
import type { ProcessRef } from './runtime-log.ts'

/** Of builds and their facts in one tick, beside at least one build: the rest waits for the next. */
const TICK_BYTES_MAX = 512 << 10
/** Processes whose build is told in one tick; the rest waits. */
const TICK_PROCESSES_MAX = 2048
/** Processes that wait: more are counted. */
const WAITING_MAX = 65_536
/** Builds that are remembered as told. When there are more, all are told anew. */
const TOLD_MAX = 65_536

/** A process that runs something, or has stopped to. */
interface Run {
  readonly process: ProcessRef
  readonly key: string
  readonly executable: Executable
  readonly fromNs: number
  readonly observedAtNs: number
  /** 0 while it runs. */
  readonly toNs: number
}

/** What is told of builds, and of who runs which: each build once, with what is known by it. */
export class BuildLog {
  readonly #host: string
  readonly #told = new Set<string>()
  readonly #builds = new Map<string, { executable: Executable; observedAtNs: number }>()
  #runs: Run[] = []
  #droppedCount = 0
  #refusedFactCount = 0

  /** @param host as in coordinates of processes */
  constructor(host: string) {
    this.#host = host
  }

  /** Starts and ends of programs that found no room, or whose process was forgotten meanwhile; cumulative. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Facts whose names are too long; cumulative. */
  get refusedFactCount(): number {
    return this.#refusedFactCount
  }

  runs(program: Program, nowNs: number): void {
    const { executable } = program
    if (executable === undefined) return
    this.#addBuild(executable, nowNs)
    this.#addRun(program, executable, nowNs, 0)
  }

  /** A build that has changed. */
  tellBuild(executable: Executable, nowNs: number): void {
    this.#builds.set(executable.build.id, { executable, observedAtNs: nowNs })
  }

  ended(program: Program, nowNs: number, toNs: number): void {
    if (program.executable) this.#addRun(program, program.executable, nowNs, toNs)
  }

  /** Everything of these once more, for a server that does not know it. */
  tellAgain(programs: Iterable<Program>, nowNs: number): void {
    this.#told.clear()
    this.#runs = this.#runs.filter(({ toNs }) => toNs !== 0)
    for (const program of programs) this.runs(program, nowNs)
  }

  /** Adds what fits into one tick. */
  fill(batch: RuntimeBatch, indexOf: (process: ProcessRef) => number | undefined): void {
    let left = TICK_BYTES_MAX
    for (const [id, { executable, observedAtNs }] of this.#builds) {
      if (left <= 0) break
      this.#builds.delete(id)
      this.#told.add(id)
      // Two facts a dependency at most, of some 250 bytes.
      left -= executable.bytes + executable.build.dependencies.length * 300
      batch.builds.push(executable.build)
      const { facts, refusedCount } = buildFacts(executable.build, observedAtNs)
      this.#refusedFactCount += refusedCount
      for (const fact of facts) batch.facts.push(fact)
    }
    for (const run of this.#runs.splice(0, TICK_PROCESSES_MAX)) {
      const index = indexOf(run.process)
      if (index === undefined) {
        this.#droppedCount++
        continue
      }
      batch.facts.push(this.#factOf(run))
      if (run.toNs === 0) batch.processBuilds.push(processBuild(index, run.executable.build.id))
    }
  }

  #addBuild(executable: Executable, observedAtNs: number): void {
    const { id } = executable.build
    if (this.#told.has(id) || this.#builds.has(id)) return
    if (this.#told.size >= TOLD_MAX) this.#told.clear()
    this.#builds.set(id, { executable, observedAtNs })
  }

  #addRun(
    { process, key, fromNs }: Program,
    executable: Executable,
    observedAtNs: number,
    toNs: number,
  ): void {
    if (this.#runs.length >= WAITING_MAX) this.#droppedCount++
    else this.#runs.push({ process, key, executable, fromNs, observedAtNs, toNs })
  }

  #factOf({ key, executable, fromNs, observedAtNs, toNs }: Run): Fact {
    const { build, identity } = executable
    return factOf(formatCoordinate({ kind: 'proc', host: this.#host, key }), 'runs', build.id, {
      evidence: {
        $typeName: 'quadrant.v1.Evidence',
        source: 'proc',
        observedAtNs,
        digest: identity.evidence,
      },
      validFromNs: fromNs,
      // The clock of people can be set back.
      validToNs: toNs === 0 ? 0 : Math.max(toNs, fromNs),
    })
  }
}

function processBuild(process: number, buildId: string): ProcessBuild {
  return { $typeName: 'quadrant.v1.ProcessBuild', process, buildId }
}
