import type { FilterUse, HeldFilter, NamedCount } from '@quadrant/proto'

/**
 * So long after it began to serve, a release may turn out to be no good. Later the one before it does not come back by
 * itself: whoever finds a request that ends a newer one must not be able to have an older one, with its faults, serve.
 */
const PROBATION_MS = 60_000

/** One crash may be an accident, and one exchange is no measure. */
const CRASHES_MIN = 5

/** What crashes in so many of its streams serves nobody. */
const CRASH_SHARE = 0.5

/** One that is to be withdrawn. */
export interface Failing {
  readonly name: string
  readonly reason: string
}

interface Begun {
  readonly version: bigint
  readonly untilMs: number
}

/** Watches releases that have just begun to serve: one that crashes in most of its streams is to give way to the one before it. */
export class Probation {
  readonly #begun = new Map<string, Begun>()

  /** @param held what serves already: it has stood its time, or that of the process that ended */
  constructor(held: readonly HeldFilter[]) {
    for (const { name, servingVersion: version } of held)
      this.#begun.set(name, { version, untilMs: -Infinity })
  }

  /** Notes what serves now. Returns whether anything has begun that is to be looked at. */
  isWatching(held: readonly HeldFilter[], nowMs: number): boolean {
    for (const { name, servingVersion: version } of held) {
      const before = this.#begun.get(name)?.version ?? 0n
      if (before === version) continue
      // The one before a release that failed has been through this.
      this.#begun.set(name, { version, untilMs: version > before ? nowMs + PROBATION_MS : -Infinity })
    }
    return [...this.#begun.values()].some(({ untilMs }) => nowMs < untilMs)
  }

  /** Those that are to give way, by what is counted of them. Each is told once. */
  failing(held: readonly HeldFilter[], uses: readonly FilterUse[], nowMs: number): readonly Failing[] {
    return held.flatMap((filter): readonly Failing[] => {
      const { name, servingVersion: version } = filter
      const begun = this.#begun.get(name)
      if (begun?.version !== version || nowMs >= begun.untilMs) return []
      const use = uses.find((one) => one.name === name && isOf(one, filter))
      const crashes = sum(use?.crashes ?? [])
      if (use === undefined || crashes < CRASHES_MIN || crashes < use.streams * CRASH_SHARE) return []
      this.#begun.set(name, { version, untilMs: -Infinity })
      const words = use.crashes.map(({ name: reason, count }) => `${count} ${reason}`).join(', ')
      return [{ name, reason: `of its first ${use.streams} streams ${crashes} crashed: ${words}` }]
    })
  }
}

function isOf({ moduleSha256 }: FilterUse, { servingSha256 }: HeldFilter): boolean {
  return Buffer.compare(moduleSha256, servingSha256) === 0
}

function sum(counts: readonly NamedCount[]): number {
  return counts.reduce((total, { count }) => total + count, 0)
}
