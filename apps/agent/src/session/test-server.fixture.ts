import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import { create } from '@bufbuild/protobuf'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import {
  AgentService,
  type SessionRequest,
  type SessionResponse,
  SessionResponseSchema,
} from '@quadrant/proto'

export type Behaviour = (
  requests: AsyncIterable<SessionRequest>,
  attempt: number,
) => AsyncGenerator<SessionResponse>

/** A real gRPC server on a unix socket, whose sessions behave as the test says. */
export class TestServer implements AsyncDisposable {
  attempts = 0
  readonly path: string
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()

  private constructor(path: string, behaviour: Behaviour) {
    this.path = path
    this.#server = createServer(
      {},
      connectNodeAdapter({
        connect: false,
        grpcWeb: false,
        routes: (router) =>
          router.service(AgentService, {
            session: (requests) => behaviour(requests, ++this.attempts),
          }),
      }),
    )
    this.#server.on('session', (session) => {
      this.#sessions.add(session)
      session.on('close', () => this.#sessions.delete(session))
    })
  }

  static async listen(path: string, behaviour: Behaviour): Promise<TestServer> {
    const server = new TestServer(path, behaviour)
    await new Promise<void>((resolve) => {
      server.#server.listen(path, resolve)
    })
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}

export function welcome(lastSeq: number): SessionResponse {
  return create(SessionResponseSchema, { body: { case: 'welcome', value: { lastSeq } } })
}

export function ack(seq: number): SessionResponse {
  return create(SessionResponseSchema, { body: { case: 'ack', value: { seq } } })
}
