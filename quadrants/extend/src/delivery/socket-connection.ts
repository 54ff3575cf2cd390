import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import type { Transport } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { CHUNK_BYTES_MAX } from './module-download.ts'

type SessionManager = NonNullable<
  Extract<Parameters<typeof createGrpcTransport>[0], { sessionManager?: unknown }>['sessionManager']
>

/** A way to the server, for one session. */
export interface DeliveryConnection extends Disposable {
  readonly transport: Transport
}

/** A chunk with what is around it; a release with its signatures is smaller. */
const MESSAGE_BYTES_MAX = CHUNK_BYTES_MAX + (64 << 10)

/** The origin is a name for nothing: the connection is always the socket's. */
const AUTHORITY = 'http://agent.sock'

/** A gRPC connection over the unix socket of a server on this host. It is made when it is used first. */
export function connectSocketPath(path: string): DeliveryConnection {
  const session = connect(AUTHORITY, {
    createConnection: () => connectSocket(path),
    settings: { enablePush: false },
  })
  let failure: Error | undefined
  session.on('error', (error: Error) => {
    failure = error
  })
  // Connect's own session manager reconnects by itself, and leaves the error event unwatched for moments.
  const sessionManager: SessionManager = {
    authority: AUTHORITY,
    request: async (method, path, headers, options): Promise<ClientHttp2Stream> => {
      if (session.connecting) await connected(session)
      if (failure) throw failure
      return session.request({ ...headers, ':method': method, ':path': path }, options)
    },
    notifyResponseByteRead() {},
  }
  return {
    transport: createGrpcTransport({ baseUrl: AUTHORITY, sessionManager, readMaxBytes: MESSAGE_BYTES_MAX }),
    [Symbol.dispose]: () => session.destroy(),
  }
}

async function connected(session: ClientHttp2Session): Promise<void> {
  await new Promise<void>((resolve) => {
    session.once('connect', () => resolve())
    session.once('close', resolve)
  })
}
