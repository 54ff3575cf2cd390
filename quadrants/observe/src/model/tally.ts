import type { DropCount, StageCount } from '@quadrant/proto'

interface Stage {
  seen: number
  kept: number
}

/** Counts what each stage handled and dropped since the last batch: seen = kept + dropped. */
export class Tally {
  #stages = new Map<string, Stage>()
  #drops = new Map<string, { stage: string; reason: string; count: number }>()

  /** What a stage saw and kept. Call {@link Tally.drop} for the rest. */
  stage(stage: string, seen: number, kept: number): void {
    const entry = this.#stages.get(stage)
    if (entry) {
      entry.seen += seen
      entry.kept += kept
    } else this.#stages.set(stage, { seen, kept })
  }

  /** What a stage lost, and why. */
  drop(stage: string, reason: string, count: number): void {
    if (count <= 0) return
    const key = `${stage}\0${reason}`
    const entry = this.#drops.get(key)
    if (entry) entry.count += count
    else this.#drops.set(key, { stage, reason, count })
  }

  /** The counts since the last call. */
  take(): { drops: DropCount[]; stages: StageCount[] } {
    const drops = Array.from(this.#drops.values(), ({ stage, reason, count }): DropCount => ({
      $typeName: 'quadrant.v1.DropCount',
      stage,
      reason,
      count,
    }))
    const stages = Array.from(this.#stages, ([stage, { seen, kept }]): StageCount => ({
      $typeName: 'quadrant.v1.StageCount',
      stage,
      seen,
      kept,
    }))
    this.#drops = new Map()
    this.#stages = new Map()
    return { drops, stages }
  }
}
