import type { EncodedResource } from './encoded-resource.ts'
import type { ResourceType } from './resource-type.ts'

/** Told which of the names that it asked for have changed. */
export interface Watcher {
  readonly changed: (name: string) => void
}

/** All resources of one type, and who wants which. */
export class TypeCache {
  readonly type: ResourceType
  readonly resources = new Map<string, EncodedResource>()
  readonly #byName = new Map<string, Set<Watcher>>()
  readonly #ofAll = new Set<Watcher>()
  #digest = 0n

  constructor(type: ResourceType) {
    this.type = type
  }

  /** Of all there are. It depends on nothing but the resources, not on the way that led there. */
  get version(): string {
    return this.#digest.toString(16).padStart(16, '0')
  }

  /** How many watches there are; of a client that has left, none. */
  get watchCount(): number {
    let count = this.#ofAll.size
    for (const watchers of this.#byName.values()) count += watchers.size
    return count
  }

  /** Gives whether anything changed. */
  set(resource: EncodedResource): boolean {
    const former = this.resources.get(resource.name)
    if (former?.version === resource.version) return false
    this.#digest ^= resource.digest ^ (former?.digest ?? 0n)
    this.resources.set(resource.name, resource)
    this.#tell(resource.name)
    return true
  }

  remove(name: string): boolean {
    const former = this.resources.get(name)
    if (!former) return false
    this.#digest ^= former.digest
    this.resources.delete(name)
    this.#tell(name)
    return true
  }

  watchAll(watcher: Watcher): void {
    this.#ofAll.add(watcher)
  }

  unwatchAll(watcher: Watcher): void {
    this.#ofAll.delete(watcher)
  }

  watch(name: string, watcher: Watcher): void {
    const watchers = this.#byName.get(name)
    if (watchers) watchers.add(watcher)
    else this.#byName.set(name, new Set([watcher]))
  }

  unwatch(name: string, watcher: Watcher): void {
    const watchers = this.#byName.get(name)
    if (watchers?.delete(watcher) && watchers.size === 0) this.#byName.delete(name)
  }

  #tell(name: string): void {
    for (const watcher of this.#ofAll) watcher.changed(name)
    const watchers = this.#byName.get(name)
    if (watchers) for (const watcher of watchers) if (!this.#ofAll.has(watcher)) watcher.changed(name)
  }
}
