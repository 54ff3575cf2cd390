import type { Answer, ResourceStatus, SentResponse, SentVersion } from './answer.ts'
import { Backlog, UNTOLD } from './backlog.ts'
import type { ChangeBatch } from './change-batch.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { EncodedResource } from './encoded-resource.ts'
import { Interest, type InterestChange } from './interest.ts'
import type { XdsResource } from './resource.ts'
import { encodeDeltaResponse, encodeResponse } from './response.ts'
import type { SelectionMemo } from './selection.ts'
import { type TypeCache, versionOf, type Views, type Watcher } from './type-cache.ts'

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
 * What one stream has been told of one type, and what it has yet to be. It holds only where the client is behind the
 * cache: of a client that has all it wants, that is nothing but the names it asked for. One response at a time is under
 * way; what changes until it is answered is no more than a name in a map, so a client that never answers holds
 * nothing else.
 */
export class Subscription implements Watcher, Disposable {
  readonly #cache: TypeCache
  readonly #options: SubscriptionOptions
  readonly #interest: Interest
  readonly #backlog: Backlog
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
    this.#backlog = new Backlog(cache, this.#interest, options.views)
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

  /** Whether there is such a resource, and the client may see it. */
  sees(name: string): boolean {
    return this.#cache.get(name, this.#options.views) !== undefined
  }

  /** Whether the client did not take the last response with one of these. */
  isRejected(names: ReadonlySet<string>): boolean {
    return !this.#rejected.isDisjointFrom(names)
  }

  /** Sends those of these names again that the client did not take; the others it has. */
  resend(names: ReadonlySet<string>): void {
    for (const name of this.#rejected) if (names.has(name)) this.#backlog.demand(name)
    this.#options.due()
  }

  /** Sends a resource again, as it is, where the client wants it. */
  repeat(name: string): void {
    if (this.#interest.wants(name)) this.#backlog.demand(name)
  }

  /** What a client that has just been sent these waits for once more. */
  awaited(sent: readonly SentVersion[]): readonly Pick<XdsResource, 'typeUrl' | 'name'>[] {
    return sent.flatMap(({ name }) => this.#cache.get(name, this.#options.views)?.awaited ?? [])
  }

  /** What the client was sent, whether or not there is something newer by now. */
  resources(): readonly ResourceStatus[] {
    if (this.#backlog.fresh) return []
    const { isAll } = this.#interest
    const sent = new Set(this.#inFlight?.changed.map(({ name }) => name))
    const statuses: ResourceStatus[] = []
    const add = (name: string) => {
      const version = this.#backlog.heldVersion(name)
      if (version === undefined) return
      const state = sent.has(name) ? 'sent' : this.#rejected.has(name) ? 'rejected' : 'acknowledged'
      statuses.push({ name, version, state })
    }
    if (isAll) {
      for (const { name } of this.#cache.visible(this.#options.views)) add(name)
      for (const [name, held] of this.#backlog.entries()) if (typeof held === 'object') add(name)
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
      if (this.#backlog.has(name)) outstanding.set(name, this.#sentCount + 1)
      else if (underWay.has(name)) outstanding.set(name, number)
    }
    return outstanding
  }

  changed(batch: ChangeBatch): void {
    this.#backlog.fallBehind(batch)
    this.#options.due()
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
    this.#backlog.clear()
    this.#inFlight = undefined
  }

  /** The next response of a phase, if one is due. It counts as sent. */
  next(phase: Phase, nonce: string): Buffer | undefined {
    if (this.#inFlight) return undefined
    if (this.#backlog.isEmpty && !this.#isOwed) return undefined
    if (this.#backlog.fresh) return this.#nextFresh(this.#backlog.fresh, nonce)
    if (this.#backlog.changed) return this.#nextChanged(this.#backlog.changed, nonce)
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
    const isSame = request.nonce === '' && request.version === this.#cache.version(this.#options.views)
    if (isFirst && this.#interest.isAll && isSame) {
      this.#backlog.clear()
      this.#isOwed = false
    }
  }

  #takeDelta(request: DiscoveryRequest): void {
    const isFirst = !this.#interest.isBegun
    const { initialVersions } = request
    if (isFirst) this.#interest.check(initialVersions.size)
    const change = this.#interest.takeDelta(request)
    this.#follow(change, isFirst)
    if (isFirst) this.#backlog.believe(initialVersions)
    if (change.all === 'wanted') this.#isOwed = true
    // It still has them, by the wildcard: it is told whether they are there.
    if (this.#interest.isAll) for (const name of change.removed) this.#backlog.demand(name)
  }

  #follow(change: InterestChange, isFirst: boolean): void {
    this.#backlog.follow(change, isFirst)
    if (this.#rejected.size === 0) return
    for (const name of this.#rejected) if (!this.#interest.wants(name)) this.#rejected.delete(name)
  }

  /** To who had everything before. */
  #nextChanged(selection: SelectionMemo, nonce: string): Buffer | undefined {
    const { isDelta, views } = this.#options
    const { isWhole, typeUrl } = this.type
    if (!isDelta && isWhole && (!this.#interest.isAll || this.#interest.size > 0))
      return this.#nextWhole('add', nonce)
    const { sent, body } = selection.get(views, isDelta)
    this.#sent(nonce, sent, [])
    const version = this.#cache.version(views)
    if (isDelta) return encodeDeltaResponse(typeUrl, version, body, [], nonce)
    return encodeResponse(
      typeUrl,
      version,
      isWhole ? this.#cache.selection.get(views, false).body : body,
      nonce,
    )
  }

  /** The first response, to who said nothing of what it has. */
  #nextFresh(fresh: SelectionMemo, nonce: string): Buffer | undefined {
    const { isDelta, views } = this.#options
    const { isWhole, typeUrl } = this.type
    const { resources, sent, missing, body } = fresh.get(views, isDelta)
    const removed = isDelta ? missing : []
    if (sent.length === 0 && removed.length === 0 && !this.#isOwed) {
      this.#backlog.clear()
      return undefined
    }
    this.#sent(nonce, sent, removed)
    if (isDelta) return encodeDeltaResponse(typeUrl, this.#cache.version(views), body, removed, nonce)
    const version = isWhole ? this.#wholeVersion(resources, []) : this.#cache.version(views)
    return encodeResponse(typeUrl, version, body, nonce)
  }

  #nextDelta(phase: Phase, nonce: string): Buffer | undefined {
    const { views } = this.#options
    const changed: EncodedResource[] = []
    const removed: string[] = []
    for (const [name, held] of this.#backlog.entries()) {
      const resource = this.#cache.get(name, views)
      if (resource) {
        if (phase === 'add') changed.push(resource)
      } else if (phase === 'remove' || held === undefined || held === UNTOLD) {
        // What it never had is no removal: it is told at once that there is none.
        if (held !== undefined) removed.push(name)
        else this.#backlog.forget(name)
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
    for (const [name, held] of this.#backlog.entries()) {
      const resource = this.#cache.get(name, views)
      if (resource) changed.push(resource)
      else if (typeof held !== 'object') this.#backlog.forget(name)
      else if (phase === 'add') lingering.push(held)
      else removed.push(name)
    }
    for (const name of removed) {
      this.#backlog.forget(name)
      this.#rejected.delete(name)
    }
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

  #sent(nonce: string, changed: readonly SentVersion[], removed: readonly string[]): void {
    this.#isOwed = false
    this.#nonce = nonce
    this.#backlog.told(changed, removed)
    if (this.#rejected.size > 0) for (const name of removed) this.#rejected.delete(name)
    this.#inFlight = { number: ++this.#sentCount, nonce, changed, removed }
  }
}
