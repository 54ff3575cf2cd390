import type { GuardSpec } from '../config/guard-spec.ts'
import type { LimitStore } from './limit-store.ts'
import { type GuardOwner, limitIds } from './rate-limits.ts'
import { compileGuard, type GuardParts, type RequestGuard } from './request-guard.ts'

/** A guard that is compiled when its route first has a request. */
class LazyGuard {
  readonly #compile: () => RequestGuard | undefined
  #guard: RequestGuard | undefined
  #isCompiled = false

  constructor(compile: () => RequestGuard | undefined) {
    this.#compile = compile
  }

  get(): RequestGuard | undefined {
    if (this.#isCompiled) return this.#guard
    this.#isCompiled = true
    return (this.#guard = this.#compile())
  }
}

/**
 * Guards of all generations of a configuration: one that stays the same goes on as it is, with the tokens and keys that it
 * knows, and a limit goes on counting as long as it is the same, whatever else of its guard is another.
 */
export class GuardStore {
  #limits: LimitStore
  #guards = new Map<string, LazyGuard>()
  #coming = new Map<string, LazyGuard>()
  #comingLimits = new Set<string>()

  constructor(limits: LimitStore) {
    this.#limits = limits
  }

  /** Before anything is taken: from then on limits count there. */
  countIn(limits: LimitStore): void {
    this.#limits = limits
  }

  take(
    spec: GuardSpec,
    owner: GuardOwner,
    parts: Omit<GuardParts, 'limits'>,
  ): () => RequestGuard | undefined {
    const key = `${owner.listener}/${owner.route} ${JSON.stringify(spec)}`
    const guard =
      this.#coming.get(key) ??
      this.#guards.get(key) ??
      new LazyGuard(() => compileGuard(spec, owner, { ...parts, limits: this.#limits }))
    this.#coming.set(key, guard)
    for (const id of limitIds(spec, owner)) this.#comingLimits.add(id)
    return () => guard.get()
  }

  /** What was taken since the last time is what there is; all else is forgotten. */
  commit(): void {
    this.#guards = this.#coming
    this.#limits.keepOnly(this.#comingLimits)
    this.discard()
  }

  /** The configuration is not taken: what there was stays. */
  discard(): void {
    this.#coming = new Map()
    this.#comingLimits = new Set()
  }
}
