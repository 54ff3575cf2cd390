import type { Finding, GcCycle, GoFigures, ProbeCost, RuntimeBatch, WorldStop } from '@quadrant/proto'
import { create } from '@bufbuild/protobuf'
import { RuntimeBatchSchema } from '@quadrant/proto'
import type { ProfileWindow } from '@quadrant/proto'

/** Of each kind in one tick: 16 such lists fit into a frame. */
export const EVENTS_MAX = 4096

/** Whose it is: by the number that the table of processes knows it by. */
export interface ProcessRef {
  readonly id: number
}

export interface ProcessNamer {
  /** The key of a process, which is told as a process with the same batch; undefined where it is forgotten. */
  refer(id: number): string | undefined
}

/** What happened in runtimes since the last batch, bounded; what is over is counted. */
export class RuntimeLog {
  readonly #processes: ProcessNamer
  #batch: RuntimeBatch = create(RuntimeBatchSchema)
  #indexes = new Map<number, number>()
  #droppedCount = 0
  #forgottenCount = 0

  constructor(processes: ProcessNamer) {
    this.#processes = processes
  }

  /** Events over {@link EVENTS_MAX}; cumulative. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Events of processes that were forgotten before they were told; cumulative. */
  get forgottenCount(): number {
    return this.#forgottenCount
  }

  /** Index of a process in this batch; undefined where it is forgotten. */
  indexOf({ id }: ProcessRef): number | undefined {
    const known = this.#indexes.get(id)
    if (known !== undefined) return known
    const key = this.#processes.refer(id)
    if (key === undefined) return undefined
    const index = this.#batch.processKeys.push(key) - 1
    this.#indexes.set(id, index)
    return index
  }

  cycle(process: ProcessRef, cycle: GcCycle): void {
    this.#add(this.#batch.gcCycles, process, cycle)
  }

  stop(process: ProcessRef, stop: WorldStop): void {
    this.#add(this.#batch.worldStops, process, stop)
  }

  figures(process: ProcessRef, figures: GoFigures): void {
    this.#add(this.#batch.goFigures, process, figures)
  }

  cost(process: ProcessRef, cost: ProbeCost): void {
    this.#add(this.#batch.probeCosts, process, cost)
  }

  finding(finding: Finding): void {
    if (this.#batch.findings.length < EVENTS_MAX) this.#batch.findings.push(finding)
    else this.#droppedCount++
  }

  profile(window: ProfileWindow): void {
    this.#batch.profiles.push(window)
  }

  /** What was added since the last call; `fill` adds the rest. Undefined where there is nothing. */
  take(fill: (batch: RuntimeBatch) => void): RuntimeBatch | undefined {
    const batch = this.#batch
    fill(batch)
    this.#batch = create(RuntimeBatchSchema)
    this.#indexes = new Map()
    const { processKeys, builds, facts, findings, profiles } = batch
    return processKeys.length + builds.length + facts.length + findings.length + profiles.length > 0
      ? batch
      : undefined
  }

  #add<Row extends { process: number }>(rows: Row[], process: ProcessRef, row: Row): void {
    if (rows.length >= EVENTS_MAX) {
      this.#droppedCount++
      return
    }
    const index = this.indexOf(process)
    if (index === undefined) {
      this.#forgottenCount++
      return
    }
    row.process = index
    rows.push(row)
  }
}
