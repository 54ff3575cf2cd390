import { type Change, ChangeBatch } from './change-batch.ts'
import type { EncodedResource } from './encoded-resource.ts'
import type { NameList } from './name-list.ts'
import { NameSet } from './name-set.ts'
import type { ResourceType } from './resource-type.ts'
import { BodyMemo, SelectionMemo } from './selection.ts'

/** Told which of the names that it asked for have changed. */
export interface Watcher {
  readonly changed: (batch: ChangeBatch) => void
}

/** A name: what has it, if anything does, and who asked for it. */
interface Topic {
  readonly name: string
  resource: EncodedResource | undefined
  watchers: Set<Watcher> | undefined
}

/** What a stream may see: resources of these views, and those of none. Undefined: all there are. */
export type Views = ReadonlySet<string> | undefined

export function isVisible({ view }: EncodedResource, views: Views): boolean {
  return view === undefined || views === undefined || views.has(view)
}

/** All resources of one type, and who wants which. */
export class TypeCache {
  readonly type: ResourceType
  readonly #topics = new Map<string, Topic>()
  readonly #ofAll = new Set<Watcher>()
  /** Of the resources of each view, and of those of none. */
  readonly #digests = new Map<string | undefined, bigint>()
  /** Those that somebody holds, by the digest of their names. */
  readonly #nameSets = new Map<string, NameSet>()
  /** All there are. */
  readonly selection = new SelectionMemo(this, undefined)
  readonly bodies = new BodyMemo()
  #generation = 0

  constructor(type: ResourceType) {
    this.type = type
  }

  /** Of all that is seen through those views. It depends on nothing but the resources, not on the way that led there. */
  version(views: Views): string {
    let digest = this.#digests.get(undefined) ?? 0n
    if (views) for (const view of views) digest ^= this.#digests.get(view) ?? 0n
    else for (const [view, ofView] of this.#digests) if (view !== undefined) digest ^= ofView
    return versionOf(digest)
  }

  /** Grows whenever anything changes. */
  get generation(): number {
    return this.#generation
  }

  /** How many watches there are; of a client that has left, none. */
  get watchCount(): number {
    let count = this.#ofAll.size
    for (const { watchers } of this.#topics.values()) count += watchers?.size ?? 0
    return count
  }

  get(name: string, views: Views): EncodedResource | undefined {
    const resource = this.#topics.get(name)?.resource
    return resource && isVisible(resource, views) ? resource : undefined
  }

  *visible(views: Views): Generator<EncodedResource> {
    for (const { resource } of this.#topics.values())
      if (resource && isVisible(resource, views)) yield resource
  }

  /** Gives how many names are other than before. */
  update(set: readonly EncodedResource[], removed: readonly string[]): number {
    const changes = new Map<string, Change>()
    for (const resource of set) this.#place(this.#topic(resource.name), resource, changes)
    for (const name of removed) {
      const topic = this.#topics.get(name)
      if (topic) this.#place(topic, undefined, changes)
    }
    if (changes.size === 0) return 0
    this.#generation++
    this.#tell([...changes.values()])
    for (const name of changes.keys()) this.#tidy(this.#topic(name))
    return changes.size
  }

  watchAll(watcher: Watcher): void {
    this.#ofAll.add(watcher)
  }

  unwatchAll(watcher: Watcher): void {
    this.#ofAll.delete(watcher)
  }

  /** Gives the name as it is kept: a thousand streams that ask for it hold one string, not one each. */
  watch(name: string, watcher: Watcher): string {
    const topic = this.#topic(name)
    topic.watchers ??= new Set()
    topic.watchers.add(watcher)
    return topic.name
  }

  unwatch(name: string, watcher: Watcher): void {
    const topic = this.#topics.get(name)
    if (!topic?.watchers?.delete(watcher)) return
    if (topic.watchers.size === 0) topic.watchers = undefined
    this.#tidy(topic)
  }

  /** The names of a request, for one more who wants just these. */
  hold(list: NameList, digest: string, holder: Watcher): NameSet {
    const known = this.#nameSets.get(digest)
    const names = known ?? new NameSet(this, list.names())
    if (!known) this.#nameSets.set(digest, names)
    names.hold(holder)
    return names
  }

  release(names: NameSet, digest: string, holder: Watcher): void {
    if (names.release(holder)) this.#nameSets.delete(digest)
  }

  #topic(name: string): Topic {
    const known = this.#topics.get(name)
    if (known) return known
    const topic: Topic = { name, resource: undefined, watchers: undefined }
    this.#topics.set(name, topic)
    return topic
  }

  #tidy({ name, resource, watchers }: Topic): void {
    if (!resource && !watchers) this.#topics.delete(name)
  }

  /** Into the digest of its view, or out of it. */
  #fold({ view, digest }: EncodedResource): void {
    const folded = (this.#digests.get(view) ?? 0n) ^ digest
    if (folded === 0n) this.#digests.delete(view)
    else this.#digests.set(view, folded)
  }

  #place(topic: Topic, now: EncodedResource | undefined, changes: Map<string, Change>): void {
    const { name, resource: former } = topic
    if (former?.version === now?.version && former?.view === now?.view) return
    if (former) this.#fold(former)
    if (now) this.#fold(now)
    topic.resource = now
    const earlier = changes.get(name)
    changes.set(name, { name, former: earlier ? earlier.former : former, now })
  }

  #tell(changes: readonly Change[]): void {
    const whole = new ChangeBatch(this, changes)
    for (const watcher of this.#ofAll) watcher.changed(whole)
    const byWatcher = new Map<Watcher, Change[]>()
    for (const change of changes)
      for (const watcher of this.#topics.get(change.name)?.watchers ?? []) {
        if (this.#ofAll.has(watcher)) continue
        const ofWatcher = byWatcher.get(watcher)
        if (ofWatcher) ofWatcher.push(change)
        else byWatcher.set(watcher, [change])
      }
    for (const [watcher, ofWatcher] of byWatcher)
      watcher.changed(ofWatcher.length === changes.length ? whole : new ChangeBatch(this, ofWatcher))
  }
}

/** Of resources whose digests were folded into one. */
export function versionOf(digest: bigint): string {
  return digest.toString(16).padStart(16, '0')
}
