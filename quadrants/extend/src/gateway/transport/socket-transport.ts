import { connect as connectTcp, type Server, type ServerOpts, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type SecureContext } from 'node:tls'
import { ExtendError } from '../../error.ts'
import { checkPeer } from './peer-certificate.ts'
import { ReadMemory, type ReadSlot } from './read-memory.ts'
import { SocketConnection } from './socket-connection.ts'
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
  readonly #reads = new ReadMemory()

  constructor(openServer: OpenServer) {
    this.#openServer = openServer
  }

  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listening> {
    const { promise, resolve, reject } = Promise.withResolvers<Listening>()
    const server = this.#openServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      onConnection(new SocketConnection(socket, this.#reads)),
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
    const { host, port, tls, isReadShared = false } = options
    const tcp = { host, port, noDelay: true, allowHalfOpen: true }
    if (tls === undefined) {
      const slot = isReadShared ? this.#reads.open() : undefined
      const socket = connectTcp(slot === undefined ? tcp : { ...tcp, onread: this.#reader(slot, handler) })
      if (slot !== undefined) socket.on('close', () => slot.close())
      const connection = new SocketConnection(socket, this.#reads)
      connection.setHandler(handler)
      return connection
    }
    const secure: ConnectionOptions = {
      ...tcp,
      secureContext: tls.context as SecureContext,
      rejectUnauthorized: tls.isVerified,
      ...(tls.alpn.length > 0 && { ALPNProtocols: [...tls.alpn] }),
      checkServerIdentity: (name, certificate) => checkPeer(tls, name, certificate),
    }
    if (tls.serverName !== undefined) secure.servername = tls.serverName
    const connection = new SocketConnection(connectTls(secure), this.#reads)
    connection.setHandler(handler)
    return connection
  }

  /** Of a connection whose reads are shared: Node asks for the next memory as soon as what is in the last has been seen. */
  #reader(slot: ReadSlot, handler: ConnectionHandler) {
    const onData = (bytes: Buffer) => handler.onData(bytes)
    return {
      buffer: () => slot.next(),
      callback: (length: number) => {
        this.#reads.show(slot, length, onData)
        return true
      },
    }
  }

  keep(bytes: Uint8Array): Uint8Array {
    return this.#reads.keep(bytes)
  }
}
