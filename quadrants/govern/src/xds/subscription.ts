import type { Answer, ResourceStatus, SentResponse, SentVersion } from './answer.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { EncodedResource } from './encoded-resource.ts'
import { Interest, type InterestChange } from './interest.ts'
import { encodeDeltaResponse, encodeResponse } from './response.ts'
import type { SelectionMemo } from './selection.ts'
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
  /** All that is wanted, as long as none of it was told: no name is in `#behind` then. */
  #fresh: SelectionMemo | undefined
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
    this.#interest = new Interest(cache, this, options.namesMax)
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
    if (this.#fresh) return []
    const { isAll } = this.#interest
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
    } else for (const name of this.#interest.names()) add(name)
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
      if (this.#fresh || this.#behind.has(name)) outstanding.set(name, this.#sentCount + 1)
      else if (underWay.has(name)) outstanding.set(name, number)
    }
    return outstanding
  }

  changed(name: string, former: EncodedResource | undefined, now: EncodedResource | undefined): void {
    const { views, due } = this.#options
    const was = former && isVisible(former, views) ? former : undefined
    const is = now && isVisible(now, views) ? now : undefined
    if (was?.version === is?.version) return
    if (this.#fresh) {
      due()
      return
    }
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
    this.#interest[Symbol.dispose]()
    this.#behind.clear()
    this.#fresh = undefined
    this.#inFlight = undefined
  }

  /** The next response of a phase, if one is due. It counts as sent. */
  next(phase: Phase, nonce: string): Buffer | undefined {
    if (this.#inFlight) return undefined
    if (this.#fresh) return this.#nextFresh(this.#fresh, nonce)
    if (this.#behind.size === 0 && !this.#isOwed) return undefined
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

  #takeWhole(request: DiscoveryRequest): void {
    const isFirst = !this.#interest.isBegun
    const change = this.#interest.takeWhole(request)
    this.#follow(change, isFirst)
    const { added, all } = change
    if (this.#cache.type.isWhole && (added.length > 0 || all || isFirst)) this.#isOwed = true
    // One that comes back with all that there is needs nothing. Only of the whole the version says that much.
    const { isAll } = this.#interest
    const isSame = request.nonce === '' && request.version === this.#cache.version(this.#options.views)
    if (isFirst && isAll && isSame) {
      this.#behind.clear()
      this.#fresh = undefined
      this.#isOwed = false
    }
  }

  #takeDelta(request: DiscoveryRequest): void {
    const isFirst = !this.#interest.isBegun
    const change = this.#interest.takeDelta(request)
    this.#follow(change, isFirst)
    if (isFirst && request.initialVersions.size > 0) this.#believe(request.initialVersions)
    if (change.all === 'wanted') this.#isOwed = true
    // It still has them, by the wildcard: it is told whether they are there.
    if (this.#interest.isAll) for (const name of change.removed) this.#behind.set(name, UNTOLD)
  }

  /** What a client says that it has from a stream before this one. */
  #believe(versions: ReadonlyMap<string, string>): void {
    this.#interest.check(versions.size)
    this.#unfold()
    for (const [name, version] of versions) {
      if (!this.#interest.wants(name)) continue
      if (this.#cache.get(name, this.#options.views)?.version === version) this.#behind.delete(name)
      else this.#behind.set(name, version)
    }
  }

  #follow({ added, removed, all, fresh }: InterestChange, isFirst: boolean): void {
    if (isFirst && removed.length === 0) {
      const isAllAlone = all === 'wanted' && this.#interest.size === 0
      this.#fresh = isAllAlone ? this.#cache.selection : all === undefined ? fresh?.selection : undefined
      if (this.#fresh) return
    } else if (added.length > 0 || removed.length > 0 || all) this.#unfold()
    if (fresh) for (const name of fresh.names) this.#behind.set(name, UNTOLD)
    for (const name of added) this.#behind.set(name, UNTOLD)
    if (!this.#interest.isAll) for (const name of removed) this.#forget(name)
    if (all === 'wanted') {
      for (const { name } of this.#cache.visible(this.#options.views))
        if (!this.#interest.has(name)) this.#behind.set(name, undefined)
    } else if (all === 'unwanted')
      for (const name of [...this.#behind.keys(), ...this.#rejected])
        if (!this.#interest.has(name)) this.#forget(name)
  }

  /** Has each name by itself of what is wanted and was not told. */
  #unfold(): void {
    if (!this.#fresh) return
    this.#fresh = undefined
    for (const name of this.#interest.names()) this.#behind.set(name, UNTOLD)
    if (!this.#interest.isAll) return
    for (const { name } of this.#cache.visible(this.#options.views))
      if (!this.#interest.has(name)) this.#behind.set(name, undefined)
  }

  /** The first response, to who said nothing of what it has. */
  #nextFresh(fresh: SelectionMemo, nonce: string): Buffer | undefined {
    const { isDelta, views } = this.#options
    const { isWhole, typeUrl } = this.type
    const { resources, sent, missing, body } = fresh.get(views, isDelta)
    this.#fresh = undefined
    const removed = isDelta ? missing : []
    if (sent.length === 0 && removed.length === 0 && !this.#isOwed) return undefined
    this.#sent(nonce, sent, removed)
    if (isDelta) return encodeDeltaResponse(typeUrl, this.#cache.version(views), body, removed, nonce)
    const version = isWhole ? this.#wholeVersion(resources, []) : this.#cache.version(views)
    return encodeResponse(typeUrl, version, body, nonce)
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
    const { sent, body } = this.#cache.bodies.get(changed, true)
    this.#sent(nonce, sent, removed)
    return encodeDeltaResponse(this.type.typeUrl, this.#cache.version(views), body, removed, nonce)
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
    const { sent, body } = this.#cache.bodies.get(changed, false)
    this.#sent(nonce, sent, removed)
    if (!isWhole) return encodeResponse(typeUrl, this.#cache.version(views), body, nonce)
    const { isAll, size } = this.#interest
    if (isAll && size === 0 && lingering.length === 0)
      return encodeResponse(
        typeUrl,
        this.#cache.version(views),
        this.#cache.selection.get(views, false).body,
        nonce,
      )
    // What will be gone stays in until everything that leads there is replaced.
    const resources = [...this.#wanted(), ...lingering]
    const bytes = Buffer.concat(resources.map(({ whole }) => whole))
    return encodeResponse(typeUrl, this.#wholeVersion(resources, lingering), bytes, nonce)
  }

  *#wanted(): Generator<EncodedResource> {
    const { views } = this.#options
    if (this.#interest.isAll) yield* this.#cache.visible(views)
    else
      for (const name of this.#interest.names()) {
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

  #sent(nonce: string, changed: readonly SentVersion[], removed: readonly string[]): void {
    this.#isOwed = false
    this.#nonce = nonce
    if (this.#behind.size === changed.length) this.#behind.clear()
    else if (this.#behind.size > 0) for (const { name } of changed) this.#behind.delete(name)
    for (const name of removed) this.#forget(name)
    this.#inFlight = { number: ++this.#sentCount, nonce, changed, removed }
  }
}
