import { type Server, type ServerDuplexStream, type ServiceDefinition, status } from '@grpc/grpc-js'
import { GovernError, type GovernErrorCode } from '../error.ts'
import { encodeResource } from './encoded-resource.ts'
import type { XdsResource } from './resource.ts'
import { RESOURCE_TYPES, resourceTypeOf, type ResourceType } from './resource-type.ts'
import { TypeCache } from './type-cache.ts'
import { DEFAULT_XDS_LIMITS, type XdsLimits } from './xds-limits.ts'
import { type TypeStatus, XdsStream } from './xds-stream.ts'

export interface XdsServerOptions {
  /** Default: `DEFAULT_XDS_LIMITS`. */
  readonly limits?: Partial<XdsLimits>
}

/** What is to be served from now on; what is not named stays as it is. */
export interface XdsChange {
  readonly set?: readonly XdsResource[]
  readonly remove?: readonly Pick<XdsResource, 'typeUrl' | 'name'>[]
}

export interface XdsCounts {
  readonly streams: number
  /** Names and types that somebody waits for; 0 when nobody is connected. */
  readonly watches: number
  readonly responses: number
  readonly acknowledged: number
  readonly rejected: number
  /** Streams that were ended for what they asked, or for being too many. */
  readonly refused: number
}

export interface XdsStreamStatus {
  readonly node: { readonly id: string; readonly cluster: string }
  readonly isDelta: boolean
  readonly types: readonly TypeStatus[]
}

export interface XdsStatus {
  readonly counts: XdsCounts
  /** In the order in which they came; one proxy may have several. */
  readonly streams: readonly XdsStreamStatus[]
}

type Call = ServerDuplexStream<Buffer, Buffer>

const STATUS_OF: Readonly<Record<GovernErrorCode, status>> = {
  argument: status.INVALID_ARGUMENT,
  encoding: status.INVALID_ARGUMENT,
  policy: status.INVALID_ARGUMENT,
  'too-large': status.RESOURCE_EXHAUSTED,
}

/** Keeps the resources that proxies are to have, and tells each proxy those that it asks for. */
export class XdsServer {
  readonly #limits: XdsLimits
  readonly #caches: ReadonlyMap<ResourceType, TypeCache> = new Map(
    RESOURCE_TYPES.map((type) => [type, new TypeCache(type)]),
  )
  readonly #streams = new Set<XdsStream>()
  readonly #due = new Set<XdsStream>()
  #responseCount = 0
  #acknowledgedCount = 0
  #rejectedCount = 0
  #refusedCount = 0

  constructor({ limits }: XdsServerOptions = {}) {
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
    const added = set.map((resource) => {
      if (resource.name === '' || resource.name === '*')
        throw new GovernError('argument', `a resource cannot have the name '${resource.name}'`)
      return [this.#cacheOf(resource.typeUrl), encodeResource(resource)] as const
    })
    const removed = remove.map(({ typeUrl, name }) => [this.#cacheOf(typeUrl), name] as const)
    let changedCount = 0
    for (const [cache, resource] of added) if (cache.set(resource)) changedCount++
    for (const [cache, name] of removed) if (cache.remove(name)) changedCount++
    return changedCount
  }

  status(): XdsStatus {
    return {
      counts: this.counts(),
      streams: [...this.#streams].flatMap((stream) =>
        stream.node
          ? [
              {
                node: { id: stream.node.id, cluster: stream.node.cluster },
                isDelta: stream.isDelta,
                types: stream.status(),
              },
            ]
          : [],
      ),
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
    const stream = new XdsStream({
      caches: this.#caches,
      isDelta,
      type,
      limits: this.#limits,
      write: (response) => {
        this.#responseCount++
        return call.write(response)
      },
      schedule: (stream) => this.#schedule(stream),
      signal: ending.signal,
    })
    this.#streams.add(stream)
    const end = () => {
      ending.abort()
      this.#streams.delete(stream)
      this.#due.delete(stream)
    }
    call.on('data', (bytes: Buffer) => {
      try {
        const answer = stream.take(bytes)
        if (answer === 'acknowledged') this.#acknowledgedCount++
        else if (answer === 'rejected') this.#rejectedCount++
      } catch (error) {
        end()
        this.#refuse(call, GovernError.from(error, 'argument'))
      }
    })
    call.on('drain', () => stream.resume())
    call.on('end', () => {
      end()
      call.end()
    })
    // Whichever of these comes first, and none of them always comes.
    for (const event of ['cancelled', 'error', 'close']) call.on(event, end)
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

  #flush(): void {
    const due = [...this.#due]
    this.#due.clear()
    for (const stream of due) stream.flush()
  }
}

function method(path: string) {
  return {
    path,
    requestStream: true,
    responseStream: true,
    // As it came, and as it was put together: responses are bytes already.
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  } as const
}
