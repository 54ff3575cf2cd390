import type { GuardSpec } from '../config/guard-spec.ts'
import { type GuardOwner, type LimitTables, limitIds } from './rate-limits.ts'
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
  readonly #tables: LimitTables = new Map()
  #guards = new Map<string, LazyGuard>()
  #coming = new Map<string, LazyGuard>()
  #comingLimits = new Set<string>()

  take(
    spec: GuardSpec,
    owner: GuardOwner,
    parts: Omit<GuardParts, 'limitTables'>,
  ): () => RequestGuard | undefined {
    const key = `${owner.listener}/${owner.route} ${JSON.stringify(spec)}`
    const guard =
      this.#coming.get(key) ??
      this.#guards.get(key) ??
      new LazyGuard(() => compileGuard(spec, owner, { ...parts, limitTables: this.#tables }))
    this.#coming.set(key, guard)
    for (const id of limitIds(spec, owner)) this.#comingLimits.add(id)
    return () => guard.get()
  }

  /** What was taken since the last time is what there is; all else is forgotten. */
  commit(): void {
    this.#guards = this.#coming
    for (const id of this.#tables.keys()) if (!this.#comingLimits.has(id)) this.#tables.delete(id)
    this.discard()
  }

  /** The configuration is not taken: what there was stays. */
  discard(): void {
    this.#coming = new Map()
    this.#comingLimits = new Set()
  }
}
