import { once } from 'node:events'
import { createSecureServer, type Http2ServerRequest, type ServerHttp2Session } from 'node:http2'
import type { Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createContextKey, createContextValues, type ConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { ServerError } from '../error.ts'

/** Gateways say little: a hello with what they hold is the most. */
const MESSAGE_BYTES_MAX = 256 << 10
const CONNECTIONS_MAX = 4096
const HANDSHAKE_TIMEOUT_MS = 10_000
/** A gateway whose network has forgotten the connection tells nobody: it is asked. */
const PING_MS = 20_000
const PONG_TIMEOUT_MS = 10_000

export interface GatewayListenerOptions {
  readonly host: string
  readonly port: number
  /** PEM. */
  readonly cert: Buffer
  readonly key: Buffer
  /** Who signs the certificates of gateways. */
  readonly ca: Buffer
}

/** Names that the certificate of a gateway has; undefined where it came through the socket, which is its owner's alone. */
export const PEER_NAMES = createContextKey<ReadonlySet<string> | undefined>(undefined)

/**
 * Listens for gateways of other hosts, in mutual TLS 1.3: a gateway is who its certificate says.
 *
 * @throws {ServerError} `address-in-use` or `permission`; `argument` for a certificate that is none
 */
export async function listenForGateways(
  options: GatewayListenerOptions,
  routes: (router: ConnectRouter) => void,
): Promise<Server> {
  const { host, port, cert, key, ca } = options
  const handler = connectNodeAdapter({
    routes,
    readMaxBytes: MESSAGE_BYTES_MAX,
    acceptCompression: [],
    connect: false,
    grpcWeb: false,
    contextValues: (request) =>
      createContextValues().set(
        PEER_NAMES,
        peerNames((request as Http2ServerRequest).stream.session?.socket),
      ),
  })
  let server
  try {
    server = createSecureServer(
      {
        cert,
        key,
        ca,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
        ALPNProtocols: ['h2'],
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        maxSessionMemory: 4,
        settings: { maxConcurrentStreams: 2 },
      },
      handler,
    )
  } catch (cause) {
    throw new ServerError('argument', `no TLS with these certificates: ${(cause as Error).message}`, {
      cause,
    })
  }
  server.maxConnections = CONNECTIONS_MAX
  // Who has no certificate, or talks no HTTP/2, breaks its own connection only.
  server.on('tlsClientError', () => undefined)
  server.on('sessionError', () => undefined)
  server.on('session', keepAsking)
  server.listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ServerError(
      code === 'EADDRINUSE' ? 'address-in-use' : 'permission',
      `gateways cannot be listened for on ${host}:${port}: ${message}`,
      { fix: 'give another --gateways', cause: error },
    )
  }
  return server
}

function keepAsking(session: ServerHttp2Session): void {
  const pings = setInterval(() => {
    const late = setTimeout(() => session.destroy(), PONG_TIMEOUT_MS)
    late.unref()
    if (!session.destroyed) session.ping(() => clearTimeout(late))
  }, PING_MS)
  pings.unref()
  session.once('close', () => clearInterval(pings))
}

/** Its common name, and those of DNS (RFC 6125). */
function peerNames(socket: unknown): ReadonlySet<string> {
  const { subject, subjectaltname = '' } = (socket as TLSSocket).getPeerCertificate()
  const alternatives = subjectaltname.split(', ').flatMap((name) => /^DNS:([^",]+)$/.exec(name)?.[1] ?? [])
  return new Set([...(subject?.CN ? [subject.CN].flat() : []), ...alternatives])
}
