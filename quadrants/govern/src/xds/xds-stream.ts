import { GovernError } from '../error.ts'
import { decodeRequest, type XdsNode } from './discovery-request.ts'
import { RESOURCE_TYPES, resourceTypeOf, type ResourceType } from './resource-type.ts'
import type { Answer, ResourceStatus } from './answer.ts'
import { type Phase, Subscription } from './subscription.ts'
import type { TypeCache, Views } from './type-cache.ts'
import type { XdsLimits } from './xds-limits.ts'

export interface XdsStreamOptions {
  readonly id: number
  readonly caches: ReadonlyMap<ResourceType, TypeCache>
  readonly isDelta: boolean
  /** Of a stream for one type: requests need not name it. */
  readonly type: ResourceType | undefined
  readonly limits: XdsLimits
  /** What the client may see, asked once. @throws {GovernError} `refused` */
  readonly admit: (node: XdsNode) => Views
  /** Gives false when no more should be written until `resume`. */
  readonly write: (response: Buffer, subscription: Subscription) => boolean
  /** Has `flush` called soon; once, however often it is asked for. */
  readonly schedule: (stream: XdsStream) => void
  /** Ends the stream, with all of its watches. */
  readonly signal: AbortSignal
}

const REMOVAL_ORDER = RESOURCE_TYPES.toReversed()

/** What one type of a proxy is at. */
export interface TypeStatus {
  readonly type: ResourceType['name']
  /** Why the proxy did not take the last response, in its words. */
  readonly rejection: string | undefined
  readonly resources: readonly ResourceStatus[]
}

/** What came of a request. */
export interface TakenRequest {
  readonly subscription: Subscription
  /** How it answered a response, if it did. */
  readonly answer: Answer | undefined
}

/** One discovery stream of one proxy. It opens nothing and knows nothing of gRPC. */
export class XdsStream {
  readonly #options: XdsStreamOptions
  readonly #subscriptions = new Map<ResourceType, Subscription>()
  #node: XdsNode | undefined
  #views: Views
  #nonceCount = 0
  #isBlocked = false

  constructor(options: XdsStreamOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  get id(): number {
    return this.#options.id
  }

  get node(): XdsNode | undefined {
    return this.#node
  }

  get isDelta(): boolean {
    return this.#options.isDelta
  }

  subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.values()
  }

  status(): readonly TypeStatus[] {
    return [...this.#subscriptions.values()].map((subscription) => ({
      type: subscription.type.name,
      rejection: subscription.rejection,
      resources: subscription.resources(),
    }))
  }

  /**
   * A request of the client; undefined where the stream has ended.
   * @throws {GovernError} where the stream has to end: `encoding`, `argument`, `too-large`, `refused`
   */
  take(bytes: Uint8Array): TakenRequest | undefined {
    const { isDelta, limits, signal } = this.#options
    if (signal.aborted) return undefined
    // Only the first request has to say who it is, and who a stream belongs to does not change.
    const request = decodeRequest(bytes, isDelta, this.#node ? undefined : limits.nodeBytesMax)
    this.#introduce(request.node)
    const subscription = this.#subscription(this.#typeOf(request.typeUrl))
    return { subscription, answer: subscription.take(request) }
  }

  /** Writes what is due, in the order that clients need (see `RESOURCE_TYPES`). Gives whether it wrote anything. */
  flush(): boolean {
    const before = this.#nonceCount
    this.#flush()
    return this.#nonceCount > before
  }

  /** What was written has left. */
  resume(): void {
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#options.schedule(this)
  }

  #flush(): void {
    if (this.#options.signal.aborted) return
    for (const type of RESOURCE_TYPES) if (!this.#send(type, 'add')) return
    // As long as a client has not said that it has what is new, it may still be at what is to go.
    for (const subscription of this.#subscriptions.values()) if (!subscription.isAnswered) return
    for (const type of REMOVAL_ORDER) if (!this.#send(type, 'remove')) return
  }

  /** An Envoy whose cluster has changed does not ask for its endpoints again, and leaves the old one until it has them. */
  #repeatAwaited(subscription: Subscription): void {
    for (const { typeUrl, name } of subscription.awaited(subscription.inFlight?.changed ?? [])) {
      const type = resourceTypeOf(typeUrl)
      if (type) this.#subscriptions.get(type)?.repeat(name)
    }
  }

  /** Gives false when no more should be written. */
  #send(type: ResourceType, phase: Phase): boolean {
    if (this.#isBlocked) return false
    const subscription = this.#subscriptions.get(type)
    const response = subscription?.next(phase, `${this.#nonceCount + 1}`)
    if (!subscription || !response) return true
    this.#nonceCount++
    this.#repeatAwaited(subscription)
    this.#isBlocked = !this.#options.write(response, subscription)
    return !this.#isBlocked
  }

  #introduce(node: XdsNode | undefined): void {
    if (this.#node) return
    if (!node) throw new GovernError('argument', 'the first request of a stream has no node')
    this.#views = this.#options.admit(node)
    this.#node = node
  }

  #typeOf(typeUrl: string): ResourceType {
    const { type } = this.#options
    if (type && (typeUrl === '' || typeUrl === type.typeUrl)) return type
    const named = resourceTypeOf(typeUrl)
    if (type || !named)
      throw new GovernError('argument', `this stream does not serve '${typeUrl.slice(0, 200)}'`)
    return named
  }

  #subscription(type: ResourceType): Subscription {
    const { caches, isDelta, limits, schedule } = this.#options
    const former = this.#subscriptions.get(type)
    if (former) return former
    const subscription = new Subscription(caches.get(type)!, {
      isDelta,
      views: this.#views,
      namesMax: limits.namesMax,
      due: () => schedule(this),
    })
    this.#subscriptions.set(type, subscription)
    return subscription
  }

  #end(): void {
    for (const subscription of this.#subscriptions.values()) subscription[Symbol.dispose]()
    this.#subscriptions.clear()
  }
}
