import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  credentials,
  type ClientDuplexStream,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { discovery } from '@quadrant/proto/envoy'
import type { XdsServer } from '../xds-server.ts'

const AGGREGATED = '/envoy.service.discovery.v3.AggregatedDiscoveryService'

/** What a client got, as short as cases write it. */
export interface Received {
  readonly type: string
  readonly names: readonly string[]
  readonly removed: readonly string[]
  readonly nonce: string
  readonly version: string
}

/** A control plane on a port of its own. */
export async function listen(
  xds: XdsServer,
  asWho = ServerCredentials.createInsecure(),
): Promise<{ readonly address: string } & Disposable> {
  const server = new Server()
  xds.addServices(server)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.bindAsync('127.0.0.1:0', asWho, (error, port) => (error ? reject(error) : resolve(port)))
  return { address: `127.0.0.1:${await promise}`, [Symbol.dispose]: () => server.forceShutdown() }
}

/** A client that says what it is told to, and nothing by itself. */
export class XdsClient implements Disposable {
  readonly received: Received[] = []
  readonly call: ClientDuplexStream<Buffer, Buffer>
  /** The code with which the stream ended. */
  readonly ended: Promise<number>
  readonly #client: Client
  #arrived = Promise.withResolvers<void>()

  constructor(
    address: string,
    readName: (value: Uint8Array, typeUrl: string) => string,
    isDelta: boolean,
    path = `${AGGREGATED}/${isDelta ? 'Delta' : 'Stream'}AggregatedResources`,
    asWho: ChannelCredentials = credentials.createInsecure(),
    options: ChannelOptions = {},
  ) {
    this.#client = new Client(address, asWho, options)
    const same = (bytes: Buffer) => bytes
    this.call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(path, same, same)
    this.call.on('data', (bytes: Buffer) => {
      this.received.push(isDelta ? readDelta(bytes) : readWhole(bytes, readName))
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers<void>()
    })
    this.call.on('error', () => {})
    const { promise, resolve } = Promise.withResolvers<number>()
    this.call.on('status', ({ code }) => resolve(code))
    this.ended = promise
  }

  say(request: MessageInitShape<typeof discovery.DiscoveryRequestSchema>): void {
    const said = create(discovery.DiscoveryRequestSchema, request)
    this.call.write(Buffer.from(toBinary(discovery.DiscoveryRequestSchema, said)))
  }

  sayDelta(request: MessageInitShape<typeof discovery.DeltaDiscoveryRequestSchema>): void {
    const said = create(discovery.DeltaDiscoveryRequestSchema, request)
    this.call.write(Buffer.from(toBinary(discovery.DeltaDiscoveryRequestSchema, said)))
  }

  /** The response of that number, when it is there. */
  async response(index: number): Promise<Received> {
    while (this.received.length <= index) await this.#arrived.promise
    return this.received[index]!
  }

  [Symbol.dispose](): void {
    this.call.cancel()
    this.#client.close()
  }
}

function readWhole(bytes: Buffer, readName: (value: Uint8Array, typeUrl: string) => string): Received {
  const said = fromBinary(discovery.DiscoveryResponseSchema, bytes)
  return {
    type: said.typeUrl,
    names: said.resources.map(({ value, typeUrl }) => readName(value, typeUrl)).sort(),
    removed: [],
    nonce: said.nonce,
    version: said.versionInfo,
  }
}

function readDelta(bytes: Buffer): Received {
  const said = fromBinary(discovery.DeltaDiscoveryResponseSchema, bytes)
  return {
    type: said.typeUrl,
    names: said.resources.map(({ name }) => name).sort(),
    removed: said.removedResources.toSorted(),
    nonce: said.nonce,
    version: said.systemVersionInfo,
  }
}
