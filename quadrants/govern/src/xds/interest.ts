import { GovernError } from '../error.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { NameSet } from './name-set.ts'
import type { TypeCache, Watcher } from './type-cache.ts'

const WILDCARD = '*'
/** Fewer names are not worth a look whether others have asked for the same. */
const SHARED_MIN = 16

/** What a request changes in what a client wants. */
export interface InterestChange {
  /** Asked for now: anew, or in the incremental variant once more. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** All that there is is wanted now, and was not before; or the other way round. */
  readonly all: 'wanted' | 'unwanted' | undefined
  /** These were asked for first of all, and nothing besides: they are in none of the others. */
  readonly fresh: NameSet | undefined
}

/** Which names of one type a client wants, and watches. */
export class Interest implements Disposable {
  readonly #cache: TypeCache
  readonly #watcher: Watcher
  readonly #namesMax: number
  /** Held together with all that asked for the same. */
  #shared: NameSet | undefined
  #digest: string | undefined
  /** Besides those. */
  readonly #own = new Set<string>()
  #isAll = false
  /** It gets all of a type without saying so, as it has named none yet ("legacy wildcard"). */
  #isLegacy = false
  #isBegun = false

  constructor(cache: TypeCache, watcher: Watcher, namesMax: number) {
    this.#cache = cache
    this.#watcher = watcher
    this.#namesMax = namesMax
  }

  get isAll(): boolean {
    return this.#isAll
  }

  /** Whether there was a request at all. */
  get isBegun(): boolean {
    return this.#isBegun
  }

  get size(): number {
    return this.#own.size + (this.#shared?.names.size ?? 0)
  }

  *names(): Generator<string> {
    if (this.#shared) yield* this.#shared.names
    yield* this.#own
  }

  /** Whether it was asked for by name. */
  has(name: string): boolean {
    return this.#own.has(name) || this.#shared?.names.has(name) === true
  }

  wants(name: string): boolean {
    return this.#isAll || this.has(name)
  }

  /** State of the world: each request has all names. @throws {GovernError} `too-large` */
  takeWhole({ wanted: list }: DiscoveryRequest): InterestChange {
    this.check(list.size)
    const digest = list.size >= SHARED_MIN ? list.digest() : undefined
    // As nearly all of them, which only acknowledge.
    if (digest !== undefined && digest === this.#digest)
      return { added: [], removed: [], all: undefined, fresh: undefined }
    const isFirst = !this.#isBegun
    // Only who has never named anything means all by naming nothing.
    this.#isLegacy = this.#cache.type.isWhole && list.size === 0 && (isFirst || this.#isLegacy)
    const shared = digest === undefined ? undefined : this.#cache.hold(list, digest, this.#watcher)
    const names = shared ? shared.names : new Set(list.names())
    const isAll = this.#isLegacy || (shared ? shared.isAll : (names as Set<string>).delete(WILDCARD))
    const removed = [...this.names()].filter((name) => !names.has(name))
    const isFresh = isFirst && shared !== undefined
    const added = isFresh ? [] : [...names].filter((name) => !this.has(name))
    if (shared || this.#shared) this.#replace(shared, digest, names)
    else {
      for (const name of removed) this.#drop(name)
      for (const name of added) this.#keep(name)
    }
    return { added, removed, all: this.#want(isAll), fresh: isFresh ? shared : undefined }
  }

  /** @throws {GovernError} `too-large` */
  takeDelta({ wanted: list, unsubscribe }: DiscoveryRequest): InterestChange {
    this.check(this.size + list.size)
    const isFirst = !this.#isBegun
    if (isFirst && list.size === 0) this.#isLegacy = true
    const digest = isFirst && list.size >= SHARED_MIN ? list.digest() : undefined
    const fresh = digest === undefined ? undefined : this.#cache.hold(list, digest, this.#watcher)
    const names = fresh ? [] : list.names()
    let isAll = this.#isAll || this.#isLegacy || (fresh?.isAll ?? names.includes(WILDCARD))
    if (unsubscribe.includes(WILDCARD)) isAll = false
    this.#isLegacy = this.#isLegacy && isAll
    this.#shared = fresh ?? this.#shared
    this.#digest = digest ?? this.#digest
    const added = names.filter((name) => name !== WILDCARD).map((name) => this.#keep(name))
    const removed = unsubscribe.filter((name) => name !== WILDCARD && this.has(name))
    for (const name of removed) this.#drop(name)
    return { added, removed, all: this.#want(isAll), fresh }
  }

  /** @throws {GovernError} `too-large` */
  check(count: number): void {
    if (count > this.#namesMax)
      throw new GovernError('too-large', `more than ${this.#namesMax} names of ${this.#cache.type.name}`)
  }

  [Symbol.dispose](): void {
    this.#replace(undefined, undefined, new Set())
    this.#cache.unwatchAll(this.#watcher)
  }

  #want(isAll: boolean): InterestChange['all'] {
    this.#isBegun = true
    if (isAll === this.#isAll) return undefined
    this.#isAll = isAll
    if (isAll) this.#cache.watchAll(this.#watcher)
    else this.#cache.unwatchAll(this.#watcher)
    return isAll ? 'wanted' : 'unwanted'
  }

  /** Gives the name as it is kept. */
  #keep(name: string): string {
    if (this.#shared?.names.has(name)) return name
    const kept = this.#cache.watch(name, this.#watcher)
    this.#own.add(kept)
    return kept
  }

  #drop(name: string): void {
    if (this.#shared?.names.has(name)) this.#replace(undefined, undefined, new Set(this.names()))
    this.#own.delete(name)
    this.#cache.unwatch(name, this.#watcher)
  }

  /** All names are these from now on, held together with others or not. */
  #replace(shared: NameSet | undefined, digest: string | undefined, names: ReadonlySet<string>): void {
    const [formerShared, formerDigest, formerOwn] = [this.#shared, this.#digest, [...this.#own]]
    this.#shared = shared
    this.#digest = digest
    this.#own.clear()
    for (const name of formerOwn) this.#cache.unwatch(name, this.#watcher)
    if (!shared) for (const name of names) this.#keep(name)
    if (formerShared) this.#cache.release(formerShared, formerDigest!, this.#watcher)
  }
}
