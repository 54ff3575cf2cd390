import type { Drop } from '@quadrant/proto'
import { FIGURE_TIERS } from './go-figures.ts'
import { RETENTION_SECONDS_MAX } from './rollup.ts'
import type { RuntimeTables } from './runtime-tables.ts'
import type { StoreLimits } from './store.ts'

/** Keeps what is stored of runtimes under its limits. Runs inside the store's transactions. */
export class RuntimeRetention {
  readonly #limits: StoreLimits
  readonly #tables: RuntimeTables['tables']

  constructor(limits: StoreLimits, tables: RuntimeTables) {
    this.#limits = limits
    this.#tables = tables.tables
  }

  /** Returns what was removed, as drops of the stage `server.retention`. */
  run(nowSeconds: number): Drop[] {
    const { builds, facts, events, figures, costs, findings, profiles } = this.#tables
    const limits = this.#limits
    const cutNs = (nowSeconds - RETENTION_SECONDS_MAX) * 1e9
    const removed: [reason: string, rows: number][] = [
      ...figures
        .expire(nowSeconds)
        .map(({ tier, rows }): [string, number] => [`go-figures-${tier}s-age`, rows]),
      ['probe-costs-age', costs.expire(nowSeconds)],
      ['runtime-events-age', events.removeBefore(cutNs)],
      ['runtime-events-limit', events.shrinkTo(limits.runtimeEvents)],
      ['profile-age', profiles.removeBefore(cutNs)],
      ['profile-bytes', profiles.shrinkTo(limits.profileBytes)],
      ['facts-age', facts.removeBefore(cutNs)],
      ['facts-limit', facts.shrinkTo(limits.facts)],
      ['findings-age', findings.removeBefore(cutNs)],
      ['findings-limit', findings.shrinkTo(limits.findings)],
      ['builds-limit', builds.shrinkTo(limits.builds)],
    ]
    return removed
      .filter(([, rows]) => rows > 0)
      .map(([reason, count]) => ({ stage: 'server.retention', reason, count }))
  }

  /** Forgets what processes ran that are known no more. */
  forgetProcesses(): void {
    this.#tables.builds.forgetProcesses()
  }

  /** Makes room in a store that is too large: an eighth of the samples' bytes. Returns how many samples went. */
  shrinkProfiles(storeBytes: number): number {
    const { profiles } = this.#tables
    return profiles.shrinkTo(Math.floor(profiles.bytes - storeBytes / 8))
  }

  /** An eighth of the time of the finest figures that are left. Returns how many rows went. */
  shrinkFigures(): number {
    const { figures } = this.#tables
    for (const tier of FIGURE_TIERS) {
      const bounds = figures.bounds(tier)
      if (!bounds || bounds.to - bounds.from < tier) continue
      const rows = figures.removeBefore(tier, bounds.from + Math.ceil((bounds.to - bounds.from) / 8))
      if (rows > 0) return rows
    }
    return 0
  }
}
