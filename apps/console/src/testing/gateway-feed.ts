import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { SubscribeRequestSchema, SubscribeResponseSchema, type SubscribeResponse } from '@quadrant/proto'

const PREFIX_BYTES = 5

/** A gateway that says what a test has it say, over the real protocol: gRPC on HTTP/2 over the server's unix socket. */
export class GatewayFeed implements Disposable {
  /** All that it was sent. */
  readonly received: SubscribeResponse['body'][] = []
  readonly #session: ClientHttp2Session
  readonly #stream: ClientHttp2Stream
  #pending = Buffer.alloc(0)

  private constructor(dataDir: string) {
    this.#session = connect('http://agent', {
      createConnection: () => connectSocket(`${dataDir}/agent.sock`),
    })
    this.#session.on('error', () => undefined)
    this.#stream = this.#session.request(
      {
        ':method': 'POST',
        ':path': '/quadrant.v1.FilterDeliveryService/Subscribe',
        'content-type': 'application/grpc+proto',
        te: 'trailers',
      },
      { endStream: false },
    )
    this.#stream.on('error', () => undefined)
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** Resolves when the server has welcomed it. */
  static async open(dataDir: string, nodeId: string, filters: string[]): Promise<GatewayFeed> {
    const feed = new GatewayFeed(dataDir)
    feed.send({ case: 'hello', value: { nodeId, host: 'alpha', version: '0.1.0', filters } })
    await feed.until('welcome')
    return feed
  }

  send(body: MessageInitShape<typeof SubscribeRequestSchema>['body']): void {
    const message = toBinary(SubscribeRequestSchema, create(SubscribeRequestSchema, { body }))
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix.writeUInt32BE(message.length, 1)
    this.#stream.write(Buffer.concat([prefix, message]))
  }

  /** The first of its kind that it was sent. @throws {Error} where the session ends before */
  async until<K extends SubscribeResponse['body']['case']>(
    kind: K,
  ): Promise<Extract<SubscribeResponse['body'], { case: K }>> {
    for (;;) {
      const found = this.received.find(
        (body): body is Extract<SubscribeResponse['body'], { case: K }> => body.case === kind,
      )
      if (found) return found
      if (this.#stream.destroyed) throw new Error(`the session ended before ${kind}`)
      await sleep(5)
    }
  }

  [Symbol.dispose](): void {
    this.#session.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + this.#pending.readUInt32BE(1)
      if (this.#pending.length < end) return
      this.received.push(fromBinary(SubscribeResponseSchema, this.#pending.subarray(PREFIX_BYTES, end)).body)
      this.#pending = this.#pending.subarray(end)
    }
  }
}
