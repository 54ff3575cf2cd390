import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { discovery } from '@quadrant/proto/envoy'

const HEADER_BYTES = 5

export type DeltaRequest = MessageInitShape<typeof discovery.DeltaDiscoveryRequestSchema>
export type WholeRequest = MessageInitShape<typeof discovery.DiscoveryRequestSchema>

/** An aggregated stream over HTTP/2 alone, so that it can be left in ways that no client of gRPC has. */
export class RawStream {
  readonly http2: ClientHttp2Stream
  readonly isDelta: boolean
  #rest = Buffer.alloc(0)
  readonly #responses: Buffer[] = []
  #arrived = Promise.withResolvers<void>()

  constructor(session: ClientHttp2Session, isDelta: boolean) {
    this.isDelta = isDelta
    this.http2 = session.request({
      ':method': 'POST',
      ':path': `/envoy.service.discovery.v3.AggregatedDiscoveryService/${isDelta ? 'Delta' : 'Stream'}AggregatedResources`,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    this.http2.on('error', () => {})
    this.http2.on('data', (bytes: Buffer) => this.#take(bytes))
  }

  /** The responses that came and were not taken yet. */
  get pending(): number {
    return this.#responses.length
  }

  sayDelta(request: DeltaRequest): void {
    const said = create(discovery.DeltaDiscoveryRequestSchema, request)
    this.http2.write(frame(toBinary(discovery.DeltaDiscoveryRequestSchema, said)))
  }

  say(request: WholeRequest): void {
    const said = create(discovery.DiscoveryRequestSchema, request)
    this.http2.write(frame(toBinary(discovery.DiscoveryRequestSchema, said)))
  }

  async delta(): Promise<discovery.DeltaDiscoveryResponse> {
    return fromBinary(discovery.DeltaDiscoveryResponseSchema, await this.#next())
  }

  async whole(): Promise<discovery.DiscoveryResponse> {
    return fromBinary(discovery.DiscoveryResponseSchema, await this.#next())
  }

  async #next(): Promise<Buffer> {
    while (this.#responses.length === 0) await this.#arrived.promise
    return this.#responses.shift()!
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#rest.readUInt32BE(1)
      if (this.#rest.length < end) return
      this.#responses.push(this.#rest.subarray(HEADER_BYTES, end))
      this.#rest = this.#rest.subarray(end)
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers<void>()
    }
  }
}

/** A message of gRPC, as it goes over HTTP/2. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(HEADER_BYTES + message.length)
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, HEADER_BYTES)
  return framed
}
