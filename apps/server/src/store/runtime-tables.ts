import type {
  Build,
  Fact,
  Finding,
  GcCycle,
  GoFigures,
  ProbeCost,
  RuntimeBatch,
  WorldStop,
} from '@quadrant/proto'
import { formatCoordinate, parseCoordinate } from '@quadrant/core'
import { FactTable } from '../graph/fact-table.ts'
import { Builds } from './builds.ts'
import { Findings } from './findings.ts'
import { GoFiguresTable, type FigureDetail } from './go-figures.ts'
import { ProbeCosts } from './probe-costs.ts'
import { ProfileSegments } from './profile-segments.ts'
import { RuntimeEvents } from './runtime-events.ts'
import type {
  Newest,
  ProfileCount,
  ProfileHead,
  RuntimeRows,
  RuntimeStore,
  StoredProfile,
  StoredRuntimeEvent,
} from './runtime-store.ts'
import type { Statements } from './statements.ts'
import type { NsRange } from './store.ts'
import type { Topology } from './topology.ts'

/** Which table of the SQLite store each part of what an agent tells of runtimes goes to, and each question. */
export class RuntimeTables implements RuntimeStore {
  readonly #statements: Statements
  readonly #topology: Topology
  readonly #builds: Builds
  readonly #facts: FactTable
  readonly #events: RuntimeEvents
  readonly #figures: GoFiguresTable
  readonly #costs: ProbeCosts
  readonly #findings: Findings
  readonly #profiles: ProfileSegments

  constructor(statements: Statements, topology: Topology) {
    this.#statements = statements
    this.#topology = topology
    this.#builds = new Builds(statements)
    this.#facts = new FactTable(statements)
    this.#events = new RuntimeEvents(statements)
    this.#figures = new GoFiguresTable(statements)
    this.#costs = new ProbeCosts(statements)
    this.#findings = new Findings(statements)
    this.#profiles = new ProfileSegments(statements)
  }

  /** For the retention. */
  get tables() {
    return {
      builds: this.#builds,
      facts: this.#facts,
      events: this.#events,
      figures: this.#figures,
      costs: this.#costs,
      findings: this.#findings,
      profiles: this.#profiles,
    }
  }

  get profileBytes(): number {
    return this.#profiles.bytes
  }

  /** To be called after a transaction was rolled back. */
  load(): void {
    this.#profiles.load()
    this.#figures.load()
  }

  /** Adds what a frame told, inside its transaction. Returns the collections and stops that are new. */
  write(host: string, batch: RuntimeBatch, toldNs: number): readonly StoredRuntimeEvent[] {
    const ids = batch.processKeys.map((key) => this.#topology.processId(host, key))
    for (const build of batch.builds) this.#builds.put(build)
    for (const { process, buildId } of batch.processBuilds) this.#builds.runs(ids[process]!, buildId, toldNs)
    for (const fact of batch.facts) this.#addFact(fact, toldNs)
    this.#figures.write(batch.goFigures, ids)
    this.#costs.write(batch.probeCosts, ids)
    for (const finding of batch.findings) this.#findings.add(finding)
    for (const window of batch.profiles) this.#profiles.write(host, window, ids)
    return this.#writeEvents(batch, ids)
  }

  /** What was known of a process holds no more. */
  processEnded(host: string, key: string, endNs: number): void {
    this.#facts.end(formatCoordinate({ kind: 'proc', host, key }), endNs)
  }

  async gcCycles(rows: RuntimeRows, limit: number): Promise<Newest<GcCycle>> {
    return this.#events.cycles(rows, limit)
  }

  async worldStops(rows: RuntimeRows, limit: number): Promise<Newest<WorldStop>> {
    return this.#events.stops(rows, limit)
  }

  async figureProcesses(): Promise<readonly number[]> {
    return this.#figures.processes()
  }

  async goFigures(
    processes: readonly number[],
    range: NsRange,
    detail: FigureDetail,
  ): Promise<readonly GoFigures[]> {
    return this.#figures.read(processes, range, detail)
  }

  async newestFigures(processes: readonly number[], untilNs: number): Promise<readonly GoFigures[]> {
    return this.#figures.newest(processes, untilNs)
  }

  async probeCosts(rows: RuntimeRows, limit: number, nowSeconds: number): Promise<Newest<ProbeCost>> {
    return this.#costs.read(rows, limit, nowSeconds)
  }

  async newestCosts(processes: readonly number[], untilNs: number): Promise<readonly ProbeCost[]> {
    return this.#costs.newest(processes, untilNs)
  }

  async buildsOf(processes: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return this.#builds.of(processes)
  }

  async builds(ids: readonly string[]): Promise<readonly Build[]> {
    return this.#builds.get(ids)
  }

  async findings(subjects: readonly string[], limit: number): Promise<readonly Finding[]> {
    return this.#findings.about(subjects, limit)
  }

  async facts(coordinate: string, atNs: number, limit: number): Promise<Newest<Fact>> {
    return this.#facts.about(coordinate, atNs, limit)
  }

  async profileWindows(
    range: NsRange,
    page: { idMax: number; limit: number },
  ): Promise<readonly ProfileHead[]> {
    return this.#profiles.heads(range, page)
  }

  async profileCounts(id: number): Promise<readonly ProfileCount[]> {
    return this.#profiles.counts(id)
  }

  async profile(id: number): Promise<StoredProfile | undefined> {
    return this.#profiles.get(id)
  }

  /** What is told late of a process that has ended ends with it. */
  #addFact(fact: Fact, toldNs: number): void {
    this.#facts.add(fact, toldNs)
    if (fact.validToNs !== 0) return
    const { value } = parseCoordinate(fact.subject)
    if (value?.kind !== 'proc') return
    const row = this.#statements
      .prepare('SELECT end_ns FROM processes WHERE host = ? AND key = ? AND end_ns > 0')
      .get(value.host, value.key)
    if (row) this.processEnded(value.host, value.key, row['end_ns'] as number)
  }

  #writeEvents(batch: RuntimeBatch, ids: readonly number[]): readonly StoredRuntimeEvent[] {
    const events: StoredRuntimeEvent[] = []
    for (const cycle of batch.gcCycles) {
      const id = ids[cycle.process]!
      if (this.#events.addCycle(id, cycle))
        events.push({ process: this.#topology.process(id)!, case: 'gcCycle', value: cycle })
    }
    for (const stop of batch.worldStops) {
      const id = ids[stop.process]!
      if (this.#events.addStop(id, stop))
        events.push({ process: this.#topology.process(id)!, case: 'worldStop', value: stop })
    }
    return events.sort((a, b) => endOf(a) - endOf(b))
  }
}

/** When it ended, nanoseconds of the Unix epoch. */
export function endOf(event: Pick<StoredRuntimeEvent, 'case' | 'value'>): number {
  return event.case === 'gcCycle'
    ? (event.value as GcCycle).endNs
    : (event.value as WorldStop).startNs + (event.value as WorldStop).durationNs
}
