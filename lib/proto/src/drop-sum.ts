/** A count of what was not kept; `DropCount` without its message. */
export interface Drop {
  readonly stage: string
  readonly reason: string
  readonly count: number
}

/** Stages and reasons told apart; they come from agents. */
const KINDS_MAX = 256

/** Adds drops up by stage and reason. Over the limit of different ones they are `~other`: no count is lost. */
export class DropSum {
  readonly #counts = new Map<string, Drop>()

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  add(drops: readonly Drop[]): void {
    for (const { stage, reason, count } of drops) {
      if (!(count > 0)) continue
      const key = `${stage}\n${reason}`
      if (this.#counts.has(key) || this.#counts.size < KINDS_MAX) this.#put(key, stage, reason, count)
      else this.#put('', '~other', 'drop-kinds-limit', count)
    }
  }

  list(): Drop[] {
    return [...this.#counts.values()]
  }

  /** What was added since it was taken last. */
  take(): Drop[] {
    const drops = this.list()
    this.#counts.clear()
    return drops
  }

  #put(key: string, stage: string, reason: string, count: number): void {
    this.#counts.set(key, { stage, reason, count: count + (this.#counts.get(key)?.count ?? 0) })
  }
}
