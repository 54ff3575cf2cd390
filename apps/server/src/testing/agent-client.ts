import { once } from 'node:events'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import {
  AgentService,
  SessionRequestSchema,
  type Hello,
  type Instruction,
  type SessionRequest,
  type SessionResponse,
} from '@quadrant/proto'
import type { BatchInit } from './batch.ts'

/** One session of an agent, over the real socket. */
export class AgentClient implements AsyncDisposable {
  readonly #manager: Http2SessionManager
  readonly #requests = new PassThrough({ objectMode: true })
  readonly #responses: AsyncIterator<SessionResponse>

  constructor(dataDir: string) {
    // Only a path leads to the server; the authority is a name without a meaning.
    const nodeOptions = { createConnection: () => connect(`${dataDir}/agent.sock`) }
    this.#manager = new Http2SessionManager('http://agent', {}, nodeOptions)
    const transport = createGrpcTransport({
      baseUrl: 'http://agent',
      nodeOptions,
      sessionManager: this.#manager,
    })
    const requests = this.#requests as AsyncIterable<SessionRequest>
    this.#responses = createClient(AgentService, transport).session(requests)[Symbol.asyncIterator]()
  }

  /** Connects and says hello; gives the last sequence number that the server has. */
  async hello(hello: Partial<Hello> = {}): Promise<number> {
    this.send({
      case: 'hello',
      value: {
        agentId: 'agent-1',
        host: 'alpha',
        bootId: 'boot-1',
        version: '0.1.0',
        pid: 1,
        firstSeq: 1,
        ...hello,
      },
    })
    const { body } = await this.receive()
    if (body.case !== 'welcome') throw new Error(`${body.case} instead of welcome`)
    return body.value.lastSeq
  }

  send(body: MessageInitShape<typeof SessionRequestSchema>['body']): void {
    this.#requests.write(create(SessionRequestSchema, { body }))
  }

  /** Sends one frame and waits until it is acknowledged. */
  async deliver(seq: number, batch: BatchInit): Promise<void> {
    this.send({ case: 'frame', value: { seq, batch } })
    const { body } = await this.receive()
    if (body.case !== 'ack' || body.value.seq !== seq) throw new Error(`${body.case} instead of ack ${seq}`)
  }

  /** @throws {ConnectError} when the server ended the session. */
  async receive(): Promise<SessionResponse> {
    const next = await this.#responses.next()
    if (next.done) throw new Error('the session ended')
    return next.value
  }

  /** What the server tells next, which is to be an instruction. */
  async instruction(): Promise<Instruction> {
    const { body } = await this.receive()
    if (body.case !== 'instruction') throw new Error(`${body.case} instead of an instruction`)
    return body.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.end()
    this.#manager.abort()
    this.#requests.destroy()
    if (!this.#requests.closed) await once(this.#requests, 'close')
  }
}
