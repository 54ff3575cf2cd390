import { GovernError } from '../error.ts'
import { decodeRequest, type XdsNode } from './discovery-request.ts'
import { RESOURCE_TYPES, resourceTypeOf, type ResourceType } from './resource-type.ts'
import { type ResourceStatus, Subscription } from './subscription.ts'
import type { TypeCache } from './type-cache.ts'
import type { XdsLimits } from './xds-limits.ts'

export interface XdsStreamOptions {
  readonly caches: ReadonlyMap<ResourceType, TypeCache>
  readonly isDelta: boolean
  /** Of a stream for one type: requests need not name it. */
  readonly type: ResourceType | undefined
  readonly limits: XdsLimits
  /** Gives false when no more should be written until `resume`. */
  readonly write: (response: Buffer) => boolean
  /** Has `flush` called soon; once, however often it is asked for. */
  readonly schedule: (stream: XdsStream) => void
  /** Ends the stream, with all of its watches. */
  readonly signal: AbortSignal
}

/** What one type of a proxy is at. */
export interface TypeStatus {
  readonly type: ResourceType['name']
  /** Why the proxy did not take the last response, in its words. */
  readonly rejection: string | undefined
  readonly resources: readonly ResourceStatus[]
}

/** One discovery stream of one proxy. It opens nothing and knows nothing of gRPC. */
export class XdsStream {
  readonly #options: XdsStreamOptions
  readonly #subscriptions = new Map<ResourceType, Subscription>()
  #node: XdsNode | undefined
  #nonceCount = 0
  #isBlocked = false

  constructor(options: XdsStreamOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  get node(): XdsNode | undefined {
    return this.#node
  }

  get isDelta(): boolean {
    return this.#options.isDelta
  }

  status(): readonly TypeStatus[] {
    return [...this.#subscriptions.values()].map((subscription) => ({
      type: subscription.type.name,
      rejection: subscription.rejection,
      resources: subscription.resources(),
    }))
  }

  /**
   * A request of the client. Gives how it answered a response, if it did.
   * @throws {GovernError} where the stream has to end: `encoding`, `argument`, `too-large`
   */
  take(bytes: Uint8Array): 'acknowledged' | 'rejected' | undefined {
    const { isDelta, limits, signal } = this.#options
    if (signal.aborted) return undefined
    const request = decodeRequest(bytes, isDelta)
    this.#introduce(request.node, limits)
    return this.#subscription(this.#typeOf(request.typeUrl)).take(request)
  }

  /** Writes what is due, in the order that clients need (see `RESOURCE_TYPES`). */
  flush(): void {
    if (this.#isBlocked || this.#options.signal.aborted) return
    for (const type of RESOURCE_TYPES) if (!this.#send(type, 'add')) return
    // As long as a client has not said that it has what is new, it may still be at what is to go.
    for (const subscription of this.#subscriptions.values()) if (!subscription.isAnswered) return
    for (const type of RESOURCE_TYPES.toReversed()) if (!this.#send(type, 'remove')) return
  }

  /** What was written has left. */
  resume(): void {
    this.#isBlocked = false
    this.#options.schedule(this)
  }

  /** Gives false when no more should be written. */
  #send(type: ResourceType, phase: 'add' | 'remove'): boolean {
    const response = this.#subscriptions.get(type)?.next(phase, `${this.#nonceCount + 1}`)
    if (!response) return true
    this.#nonceCount++
    this.#isBlocked = !this.#options.write(response)
    return !this.#isBlocked
  }

  #introduce(node: XdsNode | undefined, { nodeBytesMax }: XdsLimits): void {
    // Only the first request has to say it, and who a stream belongs to does not change.
    if (this.#node) return
    if (!node) throw new GovernError('argument', 'the first request of a stream has no node')
    if (node.bytes > nodeBytesMax)
      throw new GovernError('too-large', `a node of ${node.bytes} bytes is over the limit of ${nodeBytesMax}`)
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
    const subscription = new Subscription(caches.get(type)!, isDelta, limits, () => schedule(this))
    this.#subscriptions.set(type, subscription)
    return subscription
  }

  #end(): void {
    for (const subscription of this.#subscriptions.values()) subscription[Symbol.dispose]()
    this.#subscriptions.clear()
  }
}
