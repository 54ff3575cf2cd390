import { connect as connectTcp, type Server, type ServerOpts, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type SecureContext } from 'node:tls'
import { ExtendError } from '../../error.ts'
import { checkPeer } from './peer-certificate.ts'
import { SocketConnection } from './socket-connection.ts'
import { ReadBuffer } from './read-buffer.ts'
import type {
  Connection,
  ConnectionHandler,
  ConnectOptions,
  Listening,
  ListenOptions,
  Transport,
} from './transport.ts'

/** `createServer` of node:net: only apps open listeners, so they bring it. */
export type OpenServer = (options: ServerOpts, onConnection: (socket: Socket) => void) => Server

const BACKLOG_DEFAULT = 1024

/** Sockets of node:net, and TLS of node:tls. */
export class SocketTransport implements Transport {
  readonly #openServer: OpenServer

  constructor(openServer: OpenServer) {
    this.#openServer = openServer
  }

  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listening> {
    const { promise, resolve, reject } = Promise.withResolvers<Listening>()
    const server = this.#openServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      onConnection(new SocketConnection(socket)),
    )
    server.once('error', (error) => reject(ExtendError.from(error, 'unavailable')))
    const { host, port, isPortShared = false, backlog = BACKLOG_DEFAULT } = options
    server.listen({ host, port, backlog, reusePort: isPortShared }, () => {
      // An error of accept (EMFILE) must not end the process: connections are missing, and the next may come.
      server.on('error', () => {})
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address : { address: host, port }
      resolve({ host: bound.address, port: bound.port, close: () => void server.close() })
    })
    return promise
  }

  connect(options: ConnectOptions, handler: ConnectionHandler): Connection {
    const { host, port, tls, isMemoryReused = false } = options
    const tcp = { host, port, noDelay: true, allowHalfOpen: true }
    if (tls === undefined && isMemoryReused) {
      const readBuffer = new ReadBuffer()
      // The socket has read nothing yet when it gets its connection.
      const onread = { buffer: () => readBuffer.bytes, callback: (count: number) => connection.onRead(count) }
      const connection: SocketConnection = new SocketConnection(connectTcp({ ...tcp, onread }), readBuffer)
      connection.setHandler(handler)
      return connection
    }
    if (tls === undefined) {
      const connection = new SocketConnection(connectTcp(tcp))
      connection.setHandler(handler)
      return connection
    }
    const secure: ConnectionOptions = {
      ...tcp,
      secureContext: tls.context as SecureContext,
      rejectUnauthorized: tls.isVerified,
      ALPNProtocols: [...tls.alpn],
      checkServerIdentity: (name, certificate) => checkPeer(tls, name, certificate),
    }
    if (tls.serverName !== undefined) secure.servername = tls.serverName
    const connection = new SocketConnection(connectTls(secure))
    connection.setHandler(handler)
    return connection
  }
}
