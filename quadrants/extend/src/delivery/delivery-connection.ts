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

/** What proves who the server is, and who we are to it: PEM. */
export interface DeliveryTls {
  /** Who has signed the server's certificate; undefined: one of those whom the system trusts. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** A chunk with what is around it; a release with its signatures is smaller. */
const MESSAGE_BYTES_MAX = CHUNK_BYTES_MAX + (64 << 10)

/** A network between that has forgotten the connection tells nobody: it is asked. */
const PING_MS = 20_000
const PONG_TIMEOUT_MS = 10_000

/** The origin is a name for nothing: the connection is always the socket's. */
const AUTHORITY = 'http://agent.sock'

/** Over the unix socket of a server on this host. It is made when it is used first, as the other. */
export function connectSocketPath(path: string): DeliveryConnection {
  const createConnection = () => connectSocket(path)
  return connectionOf(connect(AUTHORITY, { createConnection, settings: { enablePush: false } }), AUTHORITY)
}

/** Over TCP, in TLS 1.3 where it is given. @param address `host:port` */
export function connectAddress(address: string, tls: DeliveryTls | undefined): DeliveryConnection {
  const authority = `${tls ? 'https' : 'http'}://${address}`
  const session = connect(authority, {
    settings: { enablePush: false },
    ...(tls && { ca: tls.ca, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.3' as const }),
  })
  const pings = setInterval(() => ping(session), PING_MS)
  pings.unref()
  session.once('close', () => clearInterval(pings))
  return connectionOf(session, authority)
}

function connectionOf(session: ClientHttp2Session, authority: string): DeliveryConnection {
  let failure: Error | undefined
  session.on('error', (error: Error) => {
    failure = error
  })
  // Connect's own session manager reconnects by itself, and leaves the error event unwatched for moments.
  const sessionManager: SessionManager = {
    authority,
    request: async (method, path, headers, options): Promise<ClientHttp2Stream> => {
      if (session.connecting) await connected(session)
      if (failure) throw failure
      return session.request({ ...headers, ':method': method, ':path': path }, options)
    },
    notifyResponseByteRead() {},
  }
  return {
    transport: createGrpcTransport({ baseUrl: authority, sessionManager, readMaxBytes: MESSAGE_BYTES_MAX }),
    [Symbol.dispose]: () => session.destroy(),
  }
}

async function connected(session: ClientHttp2Session): Promise<void> {
  await new Promise<void>((resolve) => {
    session.once('connect', () => resolve())
    session.once('close', resolve)
  })
}

function ping(session: ClientHttp2Session): void {
  if (session.connecting || session.destroyed) return
  const late = setTimeout(() => session.destroy(new Error('the server does not answer')), PONG_TIMEOUT_MS)
  late.unref()
  session.ping(() => clearTimeout(late))
}
