import type { ChangeBatch } from './change-batch.ts'
import { SelectionMemo } from './selection.ts'
import type { TypeCache, Watcher } from './type-cache.ts'

/** Names that many streams have asked for alike: they are kept, and watched, once for all of them. */
export class NameSet implements Watcher {
  readonly names: ReadonlySet<string>
  /** Whether they have asked for all there are, too. */
  readonly isAll: boolean
  readonly selection: SelectionMemo
  readonly #cache: TypeCache
  readonly #holders = new Set<Watcher>()

  constructor(cache: TypeCache, names: readonly string[]) {
    this.#cache = cache
    this.isAll = names.includes('*')
    this.names = new Set(names.filter((name) => name !== '*').map((name) => cache.watch(name, this)))
    this.selection = new SelectionMemo(cache, this.names)
  }

  hold(holder: Watcher): void {
    this.#holders.add(holder)
  }

  /** Gives whether nobody holds it any more. */
  release(holder: Watcher): boolean {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return false
    for (const name of this.names) this.#cache.unwatch(name, this)
    return true
  }

  changed(batch: ChangeBatch): void {
    for (const holder of this.#holders) holder.changed(batch)
  }
}
