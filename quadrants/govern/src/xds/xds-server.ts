import { type Server, type ServerDuplexStream, type ServiceDefinition, status } from '@grpc/grpc-js'
import { GovernError, type GovernErrorCode } from '../error.ts'
import { type Admission, peerOf, viewsOf, type XdsClient } from './admission.ts'
import { type Answers, AnswerWait } from './answer-wait.ts'
import { type EncodedResource, encodeResource } from './encoded-resource.ts'
import { method } from './grpc-method.ts'
import type { XdsResource } from './resource.ts'
import { RESOURCE_TYPES, resourceTypeOf, type ResourceType } from './resource-type.ts'
import { type StatusChanges, StatusFeed, type WatchOptions } from './status-feed.ts'
import type { ResourceState, SentResponse } from './answer.ts'
import type { Subscription } from './subscription.ts'
import { TypeCache } from './type-cache.ts'
import { DEFAULT_XDS_LIMITS, type XdsLimits } from './xds-limits.ts'
import type { XdsCounts, XdsStatus } from './xds-status.ts'
import { type TakenRequest, XdsStream } from './xds-stream.ts'

export interface XdsServerOptions {
  /** Default: `DEFAULT_XDS_LIMITS`. */
  readonly limits?: Partial<XdsLimits>
  /** Who may see what, asked at the first request of each stream. Default: everyone may see everything. */
  readonly admit?: (client: XdsClient) => Admission
}

/** A resource by what names it. */
export type ResourceKey = Pick<XdsResource, 'typeUrl' | 'name'>

/** What is to be served from now on; what is not named stays as it is. */
export interface XdsChange {
  readonly set?: readonly XdsResource[]
  readonly remove?: readonly ResourceKey[]
}

type Call = ServerDuplexStream<Buffer, Buffer>

const STATUS_OF: Readonly<Record<GovernErrorCode, status>> = {
  argument: status.INVALID_ARGUMENT,
  encoding: status.INVALID_ARGUMENT,
  policy: status.INVALID_ARGUMENT,
  'too-large': status.RESOURCE_EXHAUSTED,
  refused: status.PERMISSION_DENIED,
}

/**
 * Streams that are written to before others get their turn: some 25 ms. With fewer, the answers of the first are read
 * before the last have been written to, who then wait twice as long.
 */
const STREAMS_A_TURN = 1024

/**
 * Of responses to one stream that have not left yet. A client may answer what it has not read, as nonces can be
 * guessed: what is more stays a name, whatever it says.
 */
const QUEUED_BYTES_MAX = 64 * 1024

/** Keeps the resources that proxies are to have, and tells each proxy those that it asks for. */
export class XdsServer {
  readonly #limits: XdsLimits
  readonly #caches: ReadonlyMap<ResourceType, TypeCache> = new Map(
    RESOURCE_TYPES.map((type) => [type, new TypeCache(type)]),
  )
  readonly #streams = new Set<XdsStream>()
  readonly #admit: XdsServerOptions['admit']
  readonly #due = new Set<XdsStream>()
  readonly #feed = new StatusFeed()
  readonly #waits = new Set<AnswerWait>()
  #streamCount = 0
  #responseCount = 0
  #acknowledgedCount = 0
  #rejectedCount = 0
  #refusedCount = 0

  constructor({ limits, admit }: XdsServerOptions = {}) {
    this.#admit = admit
    this.#limits = { ...DEFAULT_XDS_LIMITS, ...limits }
  }

  /** Adds the aggregated service and those of single types, in both variants, to a server that the caller opens. */
  addServices(server: Pick<Server, 'addService'>): void {
    const aggregated = '/envoy.service.discovery.v3.AggregatedDiscoveryService'
    this.#addService(
      server,
      `${aggregated}/StreamAggregatedResources`,
      `${aggregated}/DeltaAggregatedResources`,
      undefined,
    )
    for (const type of RESOURCE_TYPES) {
      const { service, streamMethod, deltaMethod } = type
      this.#addService(server, `/${service}/${streamMethod}`, `/${service}/${deltaMethod}`, type)
    }
  }

  /**
   * Nothing of a change is served when part of it cannot be. Gives how many resources are other than before.
   * @throws {GovernError} `argument`
   */
  update({ set = [], remove = [] }: XdsChange): number {
    const changes = new Map<TypeCache, { set: EncodedResource[]; removed: string[] }>()
    const changeOf = (typeUrl: string) => {
      const cache = this.#cacheOf(typeUrl)
      const change = changes.get(cache) ?? { set: [], removed: [] }
      changes.set(cache, change)
      return change
    }
    for (const resource of set) {
      if (resource.name === '' || resource.name === '*')
        throw new GovernError('argument', `a resource cannot have the name '${resource.name}'`)
      changeOf(resource.typeUrl).set.push(encodeResource(resource))
    }
    for (const { typeUrl, name } of remove) changeOf(typeUrl).removed.push(name)
    let changedCount = 0
    for (const [cache, change] of changes) changedCount += cache.update(change.set, change.removed)
    return changedCount
  }

  /** Streams that want a resource, and have not taken another one that it needs: an Envoy a cluster, and its endpoints. */
  waitingCount(pairs: readonly { readonly of: ResourceKey; readonly needs: ResourceKey }[]): number {
    let count = 0
    for (const stream of this.#streams) {
      const byType = new Map([...stream.subscriptions()].map((one) => [one.type.typeUrl, one]))
      const isWaiting = pairs.some(({ of, needs }) => {
        const own = byType.get(of.typeUrl)
        if (own?.wants(of.name) !== true || !own.sees(of.name)) return false
        // It may be that which was removed a moment ago, and has not come back yet.
        if (own.outstanding([of.name]).size > 0) return true
        const needed = byType.get(needs.typeUrl)
        return needed?.wants(needs.name) !== true || needed.outstanding([needs.name]).size > 0
      })
      if (isWaiting) count++
    }
    return count
  }

  /**
   * Sends resources again, as they are, to whoever did not take them: they were in a response with another that was at
   * fault.
   */
  resend(resources: readonly ResourceKey[]): void {
    for (const [typeUrl, keys] of Map.groupBy(resources, (one) => one.typeUrl)) {
      const { type } = this.#cacheOf(typeUrl)
      const names = new Set(keys.map(({ name }) => name))
      for (const stream of this.#streams)
        for (const subscription of stream.subscriptions())
          if (subscription.type === type) subscription.resend(names)
    }
  }

  status(): XdsStatus {
    return {
      counts: this.counts(),
      streams: [...this.#streams].flatMap((stream) =>
        stream.node
          ? [
              {
                id: stream.id,
                node: { id: stream.node.id, cluster: stream.node.cluster },
                isDelta: stream.isDelta,
                types: stream.status(),
              },
            ]
          : [],
      ),
    }
  }

  /**
   * Tells how streams come to stand to resources, from now on. Changes are put together until they are taken, and what
   * is over a limit is only counted.
   */
  changes(options: WatchOptions): AsyncIterableIterator<StatusChanges, undefined> {
    return this.#feed.watch(options)
  }

  /**
   * Waits until each stream that wants some of these resources now has said how it takes them as they are now, or
   * something newer, or has left. A client that never answers is waited for until the signal aborts.
   * @throws {GovernError} `argument`; what the signal was aborted with
   */
  async answers(
    resources: readonly ResourceKey[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Answers> {
    signal.throwIfAborted()
    const names = new Map<ResourceType, Set<string>>()
    for (const { typeUrl, name } of resources) {
      const { type } = this.#cacheOf(typeUrl)
      names.set(type, (names.get(type) ?? new Set()).add(name))
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answers>()
    const wait = new AnswerWait(this.#streams, names, resolve)
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    this.#waits.add(wait)
    try {
      return await promise
    } finally {
      this.#waits.delete(wait)
      signal.removeEventListener('abort', abort)
    }
  }

  counts(): XdsCounts {
    return {
      streams: this.#streams.size,
      watches: [...this.#caches.values()].reduce((sum, { watchCount }) => sum + watchCount, 0),
      responses: this.#responseCount,
      acknowledged: this.#acknowledgedCount,
      rejected: this.#rejectedCount,
      refused: this.#refusedCount,
    }
  }

  #cacheOf(typeUrl: string): TypeCache {
    const type = resourceTypeOf(typeUrl)
    if (!type) throw new GovernError('argument', `'${typeUrl}' is not served by xDS`)
    return this.#caches.get(type)!
  }

  #addService(
    server: Pick<Server, 'addService'>,
    streamPath: string,
    deltaPath: string,
    type: ResourceType | undefined,
  ): void {
    const methods = { Stream: method(streamPath), Delta: method(deltaPath) } satisfies ServiceDefinition
    server.addService(methods, {
      Stream: (call: Call) => this.#open(call, false, type),
      Delta: (call: Call) => this.#open(call, true, type),
    })
  }

  #open(call: Call, isDelta: boolean, type: ResourceType | undefined): void {
    if (this.#streams.size >= this.#limits.streamsMax) {
      this.#refuse(call, new GovernError('too-large', `${this.#limits.streamsMax} streams are open already`))
      return
    }
    const ending = new AbortController()
    let queuedBytes = 0
    const stream = new XdsStream({
      id: ++this.#streamCount,
      caches: this.#caches,
      isDelta,
      type,
      limits: this.#limits,
      admit: (node) => viewsOf(this.#admit, node, () => peerOf(call)),
      write: (response, subscription) => {
        this.#responseCount++
        if (this.#feed.isWatched) this.#tell(stream, subscription, subscription.inFlight!, 'sent')
        queuedBytes += response.length
        call.write(response, () => {
          queuedBytes -= response.length
          if (queuedBytes < QUEUED_BYTES_MAX) stream.resume()
        })
        return queuedBytes < QUEUED_BYTES_MAX
      },
      schedule: (stream) => this.#schedule(stream),
      signal: ending.signal,
    })
    this.#streams.add(stream)
    const end = () => {
      if (ending.signal.aborted) return
      ending.abort()
      this.#streams.delete(stream)
      this.#due.delete(stream)
      for (const wait of this.#waits) wait.left(stream)
    }
    call.on('data', (bytes: Buffer) => {
      try {
        const taken = stream.take(bytes)
        if (taken) this.#taken(stream, taken)
      } catch (error) {
        end()
        this.#refuse(call, GovernError.from(error, 'argument'))
      }
    })
    call.on('end', () => {
      end()
      call.end()
    })
    // Whichever of these comes first, and none of them always comes.
    for (const event of ['cancelled', 'error', 'close']) call.on(event, end)
  }

  #taken(stream: XdsStream, taken: TakenRequest): void {
    const { subscription, answer } = taken
    if (answer?.state === 'acknowledged') this.#acknowledgedCount++
    else if (answer) this.#rejectedCount++
    if (answer && this.#feed.isWatched)
      this.#tell(stream, subscription, answer.response, answer.state, answer.error)
    for (const wait of this.#waits) wait.taken(stream, taken)
  }

  #tell(
    { id, node }: XdsStream,
    { type }: Subscription,
    { changed, removed }: SentResponse,
    state: ResourceState,
    error?: string,
  ): void {
    const about = {
      streamId: id,
      node: { id: node!.id, cluster: node!.cluster },
      type: type.name,
      state,
      error,
    }
    for (const { name, version } of changed) this.#feed.tell({ ...about, name, version })
    for (const name of removed) this.#feed.tell({ ...about, name, version: '' })
  }

  #refuse(call: Call, { code, message }: GovernError): void {
    this.#refusedCount++
    call.on('error', () => {})
    call.emit('error', { code: STATUS_OF[code], details: message })
  }

  /** Whatever changes until the event loop has come round goes out in one response. */
  #schedule(stream: XdsStream): void {
    if (this.#due.size === 0) setImmediate(() => this.#flush())
    this.#due.add(stream)
  }

  /** Some streams at a time: with thousands of them, whoever else has something to do would wait for all. */
  #flush(): void {
    let count = 0
    for (const stream of this.#due) {
      if (++count > STREAMS_A_TURN) {
        setImmediate(() => this.#flush())
        return
      }
      this.#due.delete(stream)
      const isWritten = stream.flush()
      if (!isWritten) for (const wait of this.#waits) wait.recheck(stream)
    }
  }
}
