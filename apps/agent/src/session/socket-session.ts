import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { createGrpcTransport } from '@connectrpc/connect-node'
import type { Transport } from '@connectrpc/connect'

type SessionManager = NonNullable<
  Extract<Parameters<typeof createGrpcTransport>[0], { sessionManager?: unknown }>['sessionManager']
>

/** What the server may send at once; instructions are small. */
const MESSAGE_BYTES_MAX = 1 << 20

/** The origin is a name for nothing: the connection is always the socket's. */
const AUTHORITY = 'http://agent.sock'

/**
 * One HTTP/2 connection over a unix socket, for one session. Connect's own session manager reconnects and sends pings,
 * which a unix socket does not need, and leaves the connection's error event unwatched for moments: a peer that sends
 * garbage then ends our process.
 */
export class SocketSession implements Disposable {
  readonly transport: Transport
  readonly #session: ClientHttp2Session
  #error: Error | undefined

  constructor(socketPath: string) {
    this.#session = connect(AUTHORITY, {
      createConnection: () => connectSocket(socketPath),
      settings: { enablePush: false },
    })
    this.#session.on('error', (error: Error) => {
      this.#error = error
    })
    const sessionManager: SessionManager = {
      authority: AUTHORITY,
      request: (method, path, headers, options) => this.#request(method, path, headers, options),
      notifyResponseByteRead() {},
    }
    this.transport = createGrpcTransport({
      baseUrl: AUTHORITY,
      sessionManager,
      readMaxBytes: MESSAGE_BYTES_MAX,
    })
  }

  async #request(
    method: string,
    path: string,
    headers: Parameters<SessionManager['request']>[2],
    options: Parameters<SessionManager['request']>[3],
  ): Promise<ClientHttp2Stream> {
    if (this.#session.connecting)
      await new Promise<void>((resolve) => {
        this.#session.once('connect', () => resolve())
        this.#session.once('close', resolve)
      })
    if (this.#error) throw this.#error
    return this.#session.request({ ...headers, ':method': method, ':path': path }, options)
  }

  [Symbol.dispose](): void {
    this.#session.destroy()
  }
}
