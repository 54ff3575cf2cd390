import { GovernError } from '../error.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { EncodedResource } from './encoded-resource.ts'
import { encodeDeltaResponse, encodeResponse } from './response.ts'
import type { TypeCache, Watcher } from './type-cache.ts'

const WILDCARD = '*'

/** `add` tells what is new or changed, `remove` what is gone; all types add before any removes. */
export type Phase = 'add' | 'remove'

export interface SubscriptionLimits {
  /** Names that one stream may ask for, of one type. */
  readonly namesMax: number
}

/** How a client took the version of a resource that it was sent last. */
export type ResourceState = 'sent' | 'acknowledged' | 'rejected'

export interface ResourceStatus {
  readonly name: string
  readonly version: string
  readonly state: ResourceState
}

/** A response that was not answered yet. */
interface InFlight {
  readonly nonce: string
  readonly names: readonly string[]
}

type Known = Pick<EncodedResource, 'version'> & Partial<EncodedResource>

/**
 * What one stream has been told of one type, and what it has yet to be. One response at a time is under way; what
 * changes until it is answered is no more than a name in a set, so a client that never answers holds nothing else.
 */
export class Subscription implements Watcher, Disposable {
  readonly #cache: TypeCache
  readonly #isDelta: boolean
  readonly #limits: SubscriptionLimits
  readonly #due: () => void
  readonly #names = new Set<string>()
  #isWildcard = false
  /** Before the client has named any: it gets all of a type without saying so ("legacy wildcard"). */
  #isLegacy = false
  #isBegun = false
  /** The next response is due though nothing may have changed. */
  #isOwed = false
  readonly #known = new Map<string, Known>()
  readonly #dirty = new Set<string>()
  readonly #rejected = new Set<string>()
  #rejection: string | undefined
  #inFlight: InFlight | undefined
  #nonce = ''

  constructor(cache: TypeCache, isDelta: boolean, limits: SubscriptionLimits, due: () => void) {
    this.#cache = cache
    this.#isDelta = isDelta
    this.#limits = limits
    this.#due = due
  }

  get type() {
    return this.#cache.type
  }

  get isAnswered(): boolean {
    return this.#inFlight === undefined
  }

  /** What the client said of the last response that it did not take, until it takes one. */
  get rejection(): string | undefined {
    return this.#rejection
  }

  get nameCount(): number {
    return this.#names.size
  }

  resources(): readonly ResourceStatus[] {
    const sent = new Set(this.#inFlight?.names)
    return [...this.#known].map(([name, { version }]) => ({
      name,
      version,
      state: sent.has(name) ? 'sent' : this.#rejected.has(name) ? 'rejected' : 'acknowledged',
    }))
  }

  changed(name: string): void {
    // What came and went untold is nothing to tell, or names would heap up before a client that never answers.
    if (!this.#cache.resources.has(name) && !this.#known.has(name) && !this.#names.has(name))
      this.#dirty.delete(name)
    else this.#dirty.add(name)
    this.#due()
  }

  /** Gives whether the request answered a response, and how. @throws {GovernError} `too-large` */
  take(request: DiscoveryRequest): 'acknowledged' | 'rejected' | undefined {
    const isStale = request.nonce !== '' && request.nonce !== this.#nonce
    // The whole of the names comes with each request, so those of a stale one come again; changes of names do not.
    if (isStale && !this.#isDelta && this.#isBegun) return undefined
    const answer = isStale ? undefined : this.#settle(request)
    if (this.#isDelta) this.#takeDelta(request)
    else this.#takeWhole(request)
    this.#isBegun = true
    this.#due()
    return answer
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) this.#cache.unwatch(name, this)
    this.#cache.unwatchAll(this)
    this.#names.clear()
    this.#known.clear()
    this.#dirty.clear()
    this.#inFlight = undefined
  }

  /** The next response of a phase, if one is due. It counts as sent. */
  next(phase: Phase, nonce: string): Buffer | undefined {
    if (this.#inFlight || !this.#isBegun) return undefined
    return this.#isDelta ? this.#nextDelta(phase, nonce) : this.#nextWhole(phase, nonce)
  }

  #settle({ nonce, error }: DiscoveryRequest): 'acknowledged' | 'rejected' | undefined {
    if (!this.#inFlight || nonce === '') return undefined
    for (const name of this.#inFlight.names)
      if (error === undefined) this.#rejected.delete(name)
      else this.#rejected.add(name)
    this.#rejection = error
    this.#inFlight = undefined
    return error === undefined ? 'acknowledged' : 'rejected'
  }

  #takeWhole({ names, version, nonce }: DiscoveryRequest): void {
    const wanted = new Set(names)
    // Only who has never named anything means all by naming nothing.
    this.#isLegacy = this.#cache.type.isWhole && names.length === 0 && (!this.#isBegun || this.#isLegacy)
    const isAll = this.#isLegacy || wanted.delete(WILDCARD)
    const added = [...wanted].filter((name) => !this.#names.has(name))
    const removed = [...this.#names].filter((name) => !wanted.has(name))
    this.#unsubscribe(removed)
    this.#subscribe(added)
    for (const name of added) this.#dirty.add(name)
    const wasAll = this.#isWildcard
    this.#watchAll(isAll)
    if (!wasAll && isAll) this.#dirtyAll()
    if (this.#cache.type.isWhole && (added.length > 0 || wasAll !== isAll || !this.#isBegun))
      this.#isOwed = true
    // One that comes back with all that there is needs nothing. Only of the whole the version says that much.
    if (!this.#isBegun && isAll && nonce === '' && version === this.#cache.version) {
      for (const [name, resource] of this.#cache.resources) this.#known.set(name, resource)
      this.#dirty.clear()
      this.#isOwed = false
    }
  }

  #takeDelta({ subscribe, unsubscribe, initialVersions }: DiscoveryRequest): void {
    const isFirst = !this.#isBegun
    if (isFirst) {
      const claimed = Object.entries(initialVersions)
      this.#check(claimed.length)
      for (const [name, version] of claimed) this.#known.set(name, { version })
    }
    const wasAll = this.#isWildcard
    if (isFirst && subscribe.length === 0) this.#isLegacy = true
    let isAll = wasAll || this.#isLegacy
    if (subscribe.includes(WILDCARD)) isAll = true
    if (unsubscribe.includes(WILDCARD)) isAll = false
    this.#isLegacy = this.#isLegacy && isAll
    const named = subscribe.filter((name) => name !== WILDCARD)
    this.#subscribe(named)
    for (const name of named) {
      // Who asks again has lost it.
      if (!(isFirst && name in initialVersions)) this.#known.delete(name)
      this.#dirty.add(name)
    }
    const left = unsubscribe.filter((name) => name !== WILDCARD && this.#names.has(name))
    this.#unsubscribe(left)
    this.#watchAll(isAll)
    if (isAll && !wasAll) {
      this.#dirtyAll()
      this.#isOwed = true
    }
    // It still has them, by the wildcard: it is told whether they are there.
    if (isAll) for (const name of left) this.#dirty.add(name)
  }

  #dirtyAll(): void {
    for (const name of this.#cache.resources.keys()) this.#dirty.add(name)
    for (const name of this.#known.keys()) this.#dirty.add(name)
  }

  #check(count: number): void {
    if (count > this.#limits.namesMax)
      throw new GovernError('too-large', `more than ${this.#limits.namesMax} names of ${this.type.name}`)
  }

  #subscribe(names: readonly string[]): void {
    this.#check(this.#names.size + names.length)
    for (const name of names) {
      this.#names.add(name)
      this.#cache.watch(name, this)
    }
  }

  #unsubscribe(names: readonly string[]): void {
    for (const name of names) {
      this.#names.delete(name)
      this.#cache.unwatch(name, this)
      this.#known.delete(name)
      this.#rejected.delete(name)
      this.#dirty.delete(name)
    }
  }

  #watchAll(isAll: boolean): void {
    const wasAll = this.#isWildcard
    this.#isWildcard = isAll
    if (isAll) this.#cache.watchAll(this)
    else this.#cache.unwatchAll(this)
    if (!wasAll || isAll) return
    for (const name of this.#known.keys()) if (!this.#names.has(name)) this.#forget(name)
    for (const name of this.#dirty) if (!this.#names.has(name)) this.#dirty.delete(name)
  }

  #wants(name: string): boolean {
    return this.#isWildcard || this.#names.has(name)
  }

  #nextDelta(phase: Phase, nonce: string): Buffer | undefined {
    const changed: EncodedResource[] = []
    const removed: string[] = []
    for (const name of this.#dirty) {
      const resource = this.#wants(name) ? this.#cache.resources.get(name) : undefined
      if (resource) {
        if (phase === 'add' && resource.version !== this.#known.get(name)?.version) changed.push(resource)
        this.#dirty.delete(name)
      } else if (phase === 'remove' || !this.#known.has(name)) {
        // What it never had is no removal: it is told at once that there is none.
        if (this.#known.has(name) || this.#names.has(name)) removed.push(name)
        this.#dirty.delete(name)
      }
    }
    if (changed.length === 0 && removed.length === 0 && !this.#isOwed) return undefined
    this.#isOwed = false
    for (const resource of changed) this.#known.set(resource.name, resource)
    for (const name of removed) this.#forget(name)
    this.#sent(nonce, changed)
    return encodeDeltaResponse(this.type.typeUrl, this.#cache.version, changed, removed, nonce)
  }

  #nextWhole(phase: Phase, nonce: string): Buffer | undefined {
    const changed: EncodedResource[] = []
    const removed: string[] = []
    for (const name of this.#dirty) {
      const resource = this.#wants(name) ? this.#cache.resources.get(name) : undefined
      if (resource) {
        if (resource.version !== this.#known.get(name)?.version) changed.push(resource)
      } else if (this.#known.has(name)) removed.push(name)
      if (resource || phase === 'remove' || !this.#known.has(name)) this.#dirty.delete(name)
    }
    for (const resource of changed) this.#known.set(resource.name, resource)
    if (phase === 'remove') for (const name of removed) this.#forget(name)
    const isOwed = this.#isOwed || changed.length > 0 || (phase === 'remove' && removed.length > 0)
    if (!isOwed) return undefined
    this.#isOwed = false
    // Of other types than these, what is missing from a response is not gone: nothing says that it is.
    if (!this.type.isWhole && changed.length === 0) return undefined
    // What will be gone stays in until everything that leads there is replaced.
    const resources = this.type.isWhole ? ([...this.#known.values()] as EncodedResource[]) : changed
    this.#sent(nonce, changed)
    return encodeResponse(this.type.typeUrl, this.#cache.version, resources, nonce)
  }

  #forget(name: string): void {
    this.#known.delete(name)
    this.#rejected.delete(name)
  }

  #sent(nonce: string, resources: readonly EncodedResource[]): void {
    this.#nonce = nonce
    this.#inFlight = { nonce, names: resources.map(({ name }) => name) }
  }
}
