import type { SentVersion } from './answer.ts'
import type { Change, ChangeBatch } from './change-batch.ts'
import type { EncodedResource } from './encoded-resource.ts'
import type { Interest, InterestChange } from './interest.ts'
import type { SelectionMemo } from './selection.ts'
import { isVisible, type TypeCache, type Views } from './type-cache.ts'

/**
 * What a client has of a name where it is not what the cache has: a version, what is gone meanwhile, nothing
 * (undefined), or `UNTOLD`: whatever it may have, it is to be told what there is, or that there is nothing.
 */
export type Held = string | EncodedResource | undefined
export const UNTOLD = ''

/**
 * In what a client is behind the cache; of one that has all it wants, nothing. Where many are behind in the same, as
 * all are after a change and most are when they come, that is held once for all of them; else it is a map of names.
 */
export class Backlog {
  readonly #cache: TypeCache
  readonly #interest: Interest
  readonly #views: Views
  readonly #behind = new Map<string, Held>()
  /** All that is wanted, where none of it was told: no name is in `#behind` then. */
  #fresh: SelectionMemo | undefined
  /** All that has changed since the client had everything; no name is in `#behind` then either. */
  #batch: ChangeBatch | undefined

  constructor(cache: TypeCache, interest: Interest, views: Views) {
    this.#cache = cache
    this.#interest = interest
    this.#views = views
  }

  get isEmpty(): boolean {
    return this.#behind.size === 0 && !this.#fresh && !this.#batch
  }

  /** All that is wanted, where none of it was told. */
  get fresh(): SelectionMemo | undefined {
    return this.#fresh
  }

  /** All that is to be told, where the client had everything before and nothing is gone. */
  get changed(): SelectionMemo | undefined {
    return this.#batch?.selection
  }

  has(name: string): boolean {
    return this.#fresh !== undefined || this.#batch?.changes.has(name) === true || this.#behind.has(name)
  }

  /** Of what it was told last; undefined where that is nothing. */
  heldVersion(name: string): string | undefined {
    this.unfold()
    if (!this.#behind.has(name)) return this.#cache.get(name, this.#views)?.version
    return versionOf(this.#behind.get(name)) || undefined
  }

  /** By name. */
  entries(): Iterable<[string, Held]> {
    this.unfold()
    return this.#behind
  }

  fallBehind(batch: ChangeBatch): void {
    // Who asks for the first time is told what there is when it is told anything.
    if (this.#fresh) return
    if (batch.isPlain && this.isEmpty) {
      this.#batch = batch
      return
    }
    this.unfold()
    for (const change of batch.changes.values()) this.#change(change)
  }

  /** What is wanted has changed. */
  follow({ added, removed, all, fresh }: InterestChange, isFirst: boolean): void {
    if (isFirst && removed.length === 0) {
      const isAllAlone = all === 'wanted' && this.#interest.size === 0
      this.#fresh = isAllAlone ? this.#cache.selection : all === undefined ? fresh?.selection : undefined
      if (this.#fresh) return
    } else if (added.length > 0 || removed.length > 0 || all) this.unfold()
    if (fresh) for (const name of fresh.names) this.demand(name)
    for (const name of added) this.demand(name)
    for (const name of removed) if (!this.#interest.wants(name)) this.#behind.delete(name)
    if (all === 'wanted') this.#missAll()
    else if (all === 'unwanted')
      for (const name of this.#behind.keys()) if (!this.#interest.has(name)) this.#behind.delete(name)
  }

  /** What a client says that it has from a stream before this one. */
  believe(versions: ReadonlyMap<string, string>): void {
    if (versions.size === 0) return
    this.unfold()
    for (const [name, version] of versions) {
      if (!this.#interest.wants(name)) continue
      if (this.#cache.get(name, this.#views)?.version === version) this.#behind.delete(name)
      else this.#behind.set(name, version)
    }
  }

  /** It is to be told, whatever it has. */
  demand(name: string): void {
    this.unfold()
    this.#behind.set(name, UNTOLD)
  }

  told(changed: readonly SentVersion[], removed: readonly string[]): void {
    this.#fresh = undefined
    this.#batch = undefined
    if (this.#behind.size === 0) return
    for (const { name } of changed) this.#behind.delete(name)
    for (const name of removed) this.#behind.delete(name)
  }

  /** Nothing has to be told of that name. */
  forget(name: string): void {
    this.#behind.delete(name)
  }

  clear(): void {
    this.#behind.clear()
    this.#fresh = undefined
    this.#batch = undefined
  }

  /** Has each name by itself of what was to be told together. */
  unfold(): void {
    const [fresh, batch] = [this.#fresh, this.#batch]
    if (!fresh && !batch) return
    this.#fresh = undefined
    this.#batch = undefined
    if (batch) for (const change of batch.changes.values()) this.#change(change)
    if (!fresh) return
    for (const name of this.#interest.names()) this.#behind.set(name, UNTOLD)
    if (this.#interest.isAll) this.#missAll()
  }

  #missAll(): void {
    for (const { name } of this.#cache.visible(this.#views))
      if (!this.#interest.has(name)) this.#behind.set(name, undefined)
  }

  #change({ name, former, now }: Change): void {
    const was = former && isVisible(former, this.#views) ? former : undefined
    const is = now && isVisible(now, this.#views) ? now : undefined
    if (was?.version === is?.version) return
    const held = this.#behind.has(name) ? this.#behind.get(name) : is ? was?.version : was
    const version = versionOf(held)
    // What came and went untold is nothing to tell, or names would heap up before a client that never answers.
    if (version === is?.version) this.#behind.delete(name)
    // What is gone is kept as long as the client has it: a response may have to hold it still.
    else this.#behind.set(name, is || held === UNTOLD || held === undefined ? version : (was ?? held))
  }
}

function versionOf(held: Held): string | undefined {
  return typeof held === 'object' ? held.version : held
}
