import { create, fromBinary } from '@bufbuild/protobuf'
import { type Batch, BatchSchema, DropCountSchema, StageCountSchema } from '@quadrant/proto'
import { runtimeRows } from '../runtime-parts.ts'

/** Why a frame did not reach the server; part of the drop count's reason. */
export type LossReason =
  /** The spool was full: the oldest frames fell out. */
  | 'server-away'
  /** The disk refused the frame. */
  | 'write-failed'
  /** The server refused the frame again and again. */
  | 'server-refused'
  /** The server has committed frames that this journal no longer knows of; what was told since may be told already. */
  | 'history-lost'
  /** The frame's bytes were damaged on the disk. */
  | 'damaged'
  /** The batch did not fit into one message. */
  | 'too-large'

export const SPOOL_STAGE = 'agent.spool'

/**
 * What fell out of the journal and has not been told yet. Drop counts have the stage `agent.spool` and a reason
 * `REASON-UNIT`, where the unit is
 *
 * - `edges`: edge windows (one edge in one second),
 * - `flows`: events of single sockets,
 * - `processes`: process records (told again while the process lives),
 * - `runtime`: rows of what runtimes did; builds, and who runs which, are told again too,
 * - `profiles`: windows of CPU samples.
 *
 * Drop and stage counts that the lost batches themselves carried are carried on.
 */
export class Losses {
  readonly #drops = new Map<string, number>()
  readonly #stages = new Map<string, { seen: number; kept: number }>()

  get isEmpty(): boolean {
    return this.#drops.size === 0 && this.#stages.size === 0
  }

  count(stage: string, reason: string, count: number): void {
    if (!(count > 0)) return
    const key = `${stage}\n${reason}`
    this.#drops.set(key, (this.#drops.get(key) ?? 0) + count)
  }

  /** Counts a batch that will not arrive. Returns whether it tells of processes, or what they run. */
  addBatch(bytes: Uint8Array, reason: LossReason): boolean {
    let batch: Batch
    try {
      batch = fromBinary(BatchSchema, bytes)
    } catch {
      this.count(SPOOL_STAGE, `${reason}-frames`, 1)
      return true
    }
    this.count(SPOOL_STAGE, `${reason}-edges`, batch.edges.length)
    this.count(SPOOL_STAGE, `${reason}-flows`, batch.flows?.count ?? 0)
    this.count(SPOOL_STAGE, `${reason}-processes`, batch.processes.length)
    this.count(SPOOL_STAGE, `${reason}-runtime`, runtimeRows(batch.runtime))
    this.count(SPOOL_STAGE, `${reason}-profiles`, batch.runtime?.profiles.length ?? 0)
    for (const drop of batch.drops) this.count(drop.stage, drop.reason, drop.count)
    for (const stage of batch.stages) this.#addStage(stage.stage, stage.seen, stage.kept)
    return batch.processes.length > 0 || (batch.runtime?.processBuilds.length ?? 0) > 0
  }

  /** Adds everything to the batch; the losses stay here until the batch is in the journal and `clear` is called. */
  tell(batch: Batch): void {
    for (const [key, count] of this.#drops) {
      const [stage = '', reason = ''] = key.split('\n')
      const same = batch.drops.find((drop) => drop.stage === stage && drop.reason === reason)
      if (same) same.count += count
      else batch.drops.push(create(DropCountSchema, { stage, reason, count }))
    }
    for (const [stage, { seen, kept }] of this.#stages) {
      const same = batch.stages.find((entry) => entry.stage === stage)
      if (same) {
        same.seen += seen
        same.kept += kept
      } else batch.stages.push(create(StageCountSchema, { stage, seen, kept }))
    }
  }

  clear(): void {
    this.#drops.clear()
    this.#stages.clear()
  }

  toJson(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ drops: [...this.#drops], stages: [...this.#stages] }))
  }

  /** Adds what `toJson` wrote. @throws {SyntaxError} on what it did not write */
  addJson(bytes: Uint8Array): void {
    const saved = JSON.parse(new TextDecoder().decode(bytes)) as {
      drops: [string, number][]
      stages: [string, { seen: number; kept: number }][]
    }
    for (const [key, count] of saved.drops) this.#drops.set(key, (this.#drops.get(key) ?? 0) + count)
    for (const [stage, { seen, kept }] of saved.stages) this.#addStage(stage, seen, kept)
  }

  #addStage(stage: string, seen: number, kept: number): void {
    const entry = this.#stages.get(stage)
    if (!entry) this.#stages.set(stage, { seen, kept })
    else {
      entry.seen += seen
      entry.kept += kept
    }
  }
}
