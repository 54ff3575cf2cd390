import type { Answer, ResourceStatus, SentResponse } from './answer.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { EncodedResource } from './encoded-resource.ts'
import { Interest, type InterestChange } from './interest.ts'
import { encodeDeltaResponse, encodeResponse } from './response.ts'
import { isVisible, type TypeCache, versionOf, type Views, type Watcher } from './type-cache.ts'

/** `add` tells what is new or changed, `remove` what is gone; all types add before any removes. */
export type Phase = 'add' | 'remove'

export interface SubscriptionOptions {
  readonly isDelta: boolean
  readonly views: Views
  /** Names that one stream may ask for, of one type. */
  readonly namesMax: number
  /** Called when something may have to be sent. */
  readonly due: () => void
}

/**
 * What a client has of a name where it is not what the cache has: a version, what is gone meanwhile, nothing
 * (undefined), or `UNTOLD`: whatever it may have, it is to be told what there is, or that there is nothing.
 */
type Held = string | EncodedResource | undefined
const UNTOLD = ''

/**
 * What one stream has been told of one type, and what it has yet to be. It holds only where the client is behind the
 * cache: of a client that has all it wants, that is nothing but the names it asked for. One response at a time is under
 * way; what changes until it is answered is no more than a name in a map, so a client that never answers holds
 * nothing else.
 */
export class Subscription implements Watcher, Disposable {
  readonly #cache: TypeCache
  readonly #options: SubscriptionOptions
  readonly #interest: Interest
  readonly #behind = new Map<string, Held>()
  /** The next response is due though nothing may have changed. */
  #isOwed = false
  readonly #rejected = new Set<string>()
  #rejection: string | undefined
  #sentCount = 0
  #inFlight: SentResponse | undefined
  #nonce = ''

  constructor(cache: TypeCache, options: SubscriptionOptions) {
    this.#cache = cache
    this.#options = options
    this.#interest = new Interest(cache.type, options.namesMax)
  }

  get type() {
    return this.#cache.type
  }

  get isAnswered(): boolean {
    return this.#inFlight === undefined
  }

  /** The response that was not answered yet. */
  get inFlight(): SentResponse | undefined {
    return this.#inFlight
  }

  /** What the client said of the last response that it did not take, until it takes one. */
  get rejection(): string | undefined {
    return this.#rejection
  }

  wants(name: string): boolean {
    return this.#interest.wants(name)
  }

  /** Whether the client did not take the last response with one of these. */
  isRejected(names: ReadonlySet<string>): boolean {
    return !this.#rejected.isDisjointFrom(names)
  }

  /** What the client was sent, whether or not there is something newer by now. */
  resources(): readonly ResourceStatus[] {
    const { isAll, names } = this.#interest
    const sent = new Set(this.#inFlight?.changed.map(({ name }) => name))
    const statuses: ResourceStatus[] = []
    const add = (name: string) => {
      const version = this.#versionHeld(name)
      if (version === undefined || version === UNTOLD) return
      const state = sent.has(name) ? 'sent' : this.#rejected.has(name) ? 'rejected' : 'acknowledged'
      statuses.push({ name, version, state })
    }
    if (isAll) {
      for (const { name } of this.#cache.visible(this.#options.views)) add(name)
      for (const [name, held] of this.#behind) if (typeof held === 'object') add(name)
    } else for (const name of names) add(name)
    return statuses
  }

  /**
   * By name, which of its responses has to be answered before the client has said how it takes what there is now;
   * without those of which it has said it, or which it does not want.
   */
  outstanding(names: Iterable<string>): ReadonlyMap<string, number> {
    const { changed = [], removed = [], number = 0 } = this.#inFlight ?? {}
    const underWay = new Set([...changed.map(({ name }) => name), ...removed])
    const outstanding = new Map<string, number>()
    for (const name of names) {
      if (!this.#interest.wants(name)) continue
      if (this.#behind.has(name)) outstanding.set(name, this.#sentCount + 1)
      else if (underWay.has(name)) outstanding.set(name, number)
    }
    return outstanding
  }

  changed(name: string, former: EncodedResource | undefined, now: EncodedResource | undefined): void {
    const { views, due } = this.#options
    const was = former && isVisible(former, views) ? former : undefined
    const is = now && isVisible(now, views) ? now : undefined
    if (was?.version === is?.version) return
    const held = this.#behind.has(name) ? this.#behind.get(name) : is ? was?.version : was
    const version = typeof held === 'object' ? held.version : held
    // What came and went untold is nothing to tell, or names would heap up before a client that never answers.
    if (version === is?.version) this.#behind.delete(name)
    // What is gone is kept as long as the client has it: a response may have to hold it still.
    else this.#behind.set(name, is || held === UNTOLD || held === undefined ? version : (was ?? held))
    due()
  }

  /** Gives whether the request answered a response, and how. @throws {GovernError} `too-large` */
  take(request: DiscoveryRequest): Answer | undefined {
    const { isDelta, due } = this.#options
    const isStale = request.nonce !== '' && request.nonce !== this.#nonce
    // The whole of the names comes with each request, so those of a stale one come again; changes of names do not.
    if (isStale && !isDelta && this.#interest.isBegun) return undefined
    const answer = isStale ? undefined : this.#settle(request)
    if (isDelta) this.#takeDelta(request)
    else this.#takeWhole(request)
    due()
    return answer
  }

  [Symbol.dispose](): void {
    for (const name of this.#interest.names) this.#cache.unwatch(name, this)
    this.#cache.unwatchAll(this)
    this.#interest.names.clear()
    this.#behind.clear()
    this.#inFlight = undefined
  }

  /** The next response of a phase, if one is due. It counts as sent. */
  next(phase: Phase, nonce: string): Buffer | undefined {
    if (this.#inFlight || (this.#behind.size === 0 && !this.#isOwed)) return undefined
    return this.#options.isDelta ? this.#nextDelta(phase, nonce) : this.#nextWhole(phase, nonce)
  }

  #settle({ nonce, error }: DiscoveryRequest): Answer | undefined {
    const response = this.#inFlight
    if (!response || nonce === '') return undefined
    if (error !== undefined) for (const { name } of response.changed) this.#rejected.add(name)
    else if (this.#rejected.size > 0) for (const { name } of response.changed) this.#rejected.delete(name)
    this.#rejection = error
    this.#inFlight = undefined
    return { state: error === undefined ? 'acknowledged' : 'rejected', error, response }
  }

  #takeWhole({ names, version, nonce }: DiscoveryRequest): void {
    const isFirst = !this.#interest.isBegun
    const change = this.#interest.takeWhole(names)
    this.#follow(change, UNTOLD)
    const { added, all } = change
    if (this.#cache.type.isWhole && (added.length > 0 || all || isFirst)) this.#isOwed = true
    // One that comes back with all that there is needs nothing. Only of the whole the version says that much.
    const { isAll } = this.#interest
    if (isFirst && isAll && nonce === '' && version === this.#cache.version(this.#options.views)) {
      this.#behind.clear()
      this.#isOwed = false
    }
  }

  #takeDelta(request: DiscoveryRequest): void {
    const isFirst = !this.#interest.isBegun
    const change = this.#interest.takeDelta(request)
    this.#follow(change, UNTOLD)
    if (isFirst) this.#believe(request.initialVersions)
    if (change.all === 'wanted') this.#isOwed = true
    // It still has them, by the wildcard: it is told whether they are there.
    if (this.#interest.isAll) for (const name of change.removed) this.#behind.set(name, UNTOLD)
  }

  /** What a client says that it has from a stream before this one. */
  #believe(versions: Readonly<Record<string, string>>): void {
    const claimed = Object.entries(versions)
    this.#interest.check(claimed.length)
    for (const [name, version] of claimed) {
      if (!this.#interest.wants(name)) continue
      if (this.#cache.get(name, this.#options.views)?.version === version) this.#behind.delete(name)
      else this.#behind.set(name, version)
    }
  }

  #follow({ added, removed, all }: InterestChange, held: Held): void {
    const { names, isAll } = this.#interest
    for (const name of removed) {
      names.delete(name)
      this.#cache.unwatch(name, this)
      if (!isAll) this.#forget(name)
    }
    for (const name of added) {
      const kept = this.#cache.watch(name, this)
      names.add(kept)
      this.#behind.set(kept, held)
    }
    if (all === 'wanted') {
      this.#cache.watchAll(this)
      for (const { name } of this.#cache.visible(this.#options.views))
        if (!names.has(name)) this.#behind.set(name, undefined)
    } else if (all === 'unwanted') {
      this.#cache.unwatchAll(this)
      for (const name of [...this.#behind.keys(), ...this.#rejected]) if (!names.has(name)) this.#forget(name)
    }
  }

  #nextDelta(phase: Phase, nonce: string): Buffer | undefined {
    const { views } = this.#options
    const changed: EncodedResource[] = []
    const removed: string[] = []
    for (const [name, held] of this.#behind) {
      const resource = this.#cache.get(name, views)
      if (resource) {
        if (phase === 'add') changed.push(resource)
      } else if (phase === 'remove' || held === undefined || held === UNTOLD) {
        // What it never had is no removal: it is told at once that there is none.
        if (held !== undefined) removed.push(name)
        this.#behind.delete(name)
      }
    }
    if (changed.length === 0 && removed.length === 0 && !this.#isOwed) return undefined
    this.#sent(nonce, changed, removed)
    return encodeDeltaResponse(this.type.typeUrl, this.#cache.version(views), changed, removed, nonce)
  }

  #nextWhole(phase: Phase, nonce: string): Buffer | undefined {
    const { views } = this.#options
    const { isWhole, typeUrl } = this.type
    const changed: EncodedResource[] = []
    const removed: string[] = []
    const lingering: EncodedResource[] = []
    for (const [name, held] of this.#behind) {
      const resource = this.#cache.get(name, views)
      if (resource) changed.push(resource)
      else if (typeof held !== 'object') this.#behind.delete(name)
      else if (phase === 'add') lingering.push(held)
      else removed.push(name)
    }
    for (const name of removed) this.#forget(name)
    // Of other types than these, what is missing from a response is not gone: nothing says that it is.
    if (!isWhole && changed.length === 0) return undefined
    if (changed.length === 0 && removed.length === 0 && !this.#isOwed) return undefined
    this.#sent(nonce, changed, removed)
    if (!isWhole) return encodeResponse(typeUrl, this.#cache.version(views), changed, nonce)
    // What will be gone stays in until everything that leads there is replaced.
    const resources = [...this.#wanted(), ...lingering]
    return encodeResponse(typeUrl, this.#wholeVersion(resources, lingering), resources, nonce)
  }

  *#wanted(): Generator<EncodedResource> {
    const { views } = this.#options
    const { isAll, names } = this.#interest
    if (isAll) yield* this.#cache.visible(views)
    else
      for (const name of names) {
        const resource = this.#cache.get(name, views)
        if (resource) yield resource
      }
  }

  /** Of what a response holds, so that a client that comes back with it is known to have that and nothing else. */
  #wholeVersion(resources: readonly EncodedResource[], lingering: readonly EncodedResource[]): string {
    if (this.#interest.isAll && lingering.length === 0) return this.#cache.version(this.#options.views)
    return versionOf(resources.reduce((sum, { digest }) => sum ^ digest, 0n))
  }

  #versionHeld(name: string): string | undefined {
    if (!this.#behind.has(name)) return this.#cache.get(name, this.#options.views)?.version
    const held = this.#behind.get(name)
    return typeof held === 'object' ? held.version : held
  }

  #forget(name: string): void {
    this.#behind.delete(name)
    this.#rejected.delete(name)
  }

  #sent(nonce: string, changed: readonly EncodedResource[], removed: readonly string[]): void {
    this.#isOwed = false
    this.#nonce = nonce
    for (const { name } of changed) this.#behind.delete(name)
    for (const name of removed) this.#forget(name)
    this.#inFlight = { number: ++this.#sentCount, nonce, changed: changed.map(({ sent }) => sent), removed }
  }
}
