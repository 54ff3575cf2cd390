import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import {
  SessionRequestSchema,
  SessionResponseSchema,
  type BatchSchema,
  type Instruction,
  type SessionResponse,
} from '@quadrant/proto'

const PREFIX_BYTES = 5

/** An agent that tells made batches over the real protocol: gRPC on HTTP/2 over the server's unix socket. */
export class AgentFeed implements Disposable {
  readonly #session: ClientHttp2Session
  readonly #stream: ClientHttp2Stream
  readonly #responses: SessionResponse[] = []
  #pending = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #seq = 0

  private constructor(dataDir: string) {
    this.#session = connect('http://agent', {
      createConnection: () => connectSocket(`${dataDir}/agent.sock`),
    })
    this.#session.on('error', () => undefined)
    this.#stream = this.#session.request(
      {
        ':method': 'POST',
        ':path': '/quadrant.v1.AgentService/Session',
        'content-type': 'application/grpc+proto',
        te: 'trailers',
      },
      { endStream: false },
    )
    this.#stream.on('error', () => undefined)
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#stream.on('close', () => this.#wake?.())
  }

  static async open(dataDir: string, host = 'alpha', agentId = 'agent-alpha'): Promise<AgentFeed> {
    const feed = new AgentFeed(dataDir)
    feed.#send({
      case: 'hello',
      value: { agentId, host, bootId: 'boot', version: '0.1.0', pid: process.pid, firstSeq: 1 },
    })
    const { body } = await feed.#next()
    if (body.case !== 'welcome') throw new Error(`${body.case} instead of welcome`)
    feed.#seq = body.value.lastSeq
    return feed
  }

  /** Sends one batch and waits until the server has committed it. */
  async deliver(batch: MessageInitShape<typeof BatchSchema>): Promise<void> {
    const seq = ++this.#seq
    this.#send({ case: 'frame', value: { seq, batch } })
    for (;;) {
      const { body } = await this.#next()
      if (body.case === 'ack' && body.value.seq >= seq) return
    }
  }

  /** The next instruction that comes; what else the server says before it is passed over. */
  async instruction(): Promise<Instruction> {
    for (;;) {
      const { body } = await this.#next()
      if (body.case === 'instruction') return body.value
    }
  }

  report(
    report: Extract<MessageInitShape<typeof SessionRequestSchema>['body'], { case: 'report' }>['value'],
  ): void {
    this.#send({ case: 'report', value: report })
  }

  [Symbol.dispose](): void {
    this.#stream.close()
    this.#session.destroy()
  }

  #send(body: MessageInitShape<typeof SessionRequestSchema>['body']) {
    const message = toBinary(SessionRequestSchema, create(SessionRequestSchema, { body }))
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix.writeUInt32BE(message.length, 1)
    this.#stream.write(Buffer.concat([prefix, message]))
  }

  #receive(chunk: Buffer) {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= PREFIX_BYTES) {
      const length = this.#pending.readUInt32BE(1)
      if (this.#pending.length < PREFIX_BYTES + length) return
      this.#responses.push(
        fromBinary(SessionResponseSchema, this.#pending.subarray(PREFIX_BYTES, PREFIX_BYTES + length)),
      )
      this.#pending = this.#pending.subarray(PREFIX_BYTES + length)
      this.#wake?.()
    }
  }

  async #next(): Promise<SessionResponse> {
    for (;;) {
      const response = this.#responses.shift()
      if (response) return response
      if (this.#stream.destroyed) throw new Error('the server ended the session')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
