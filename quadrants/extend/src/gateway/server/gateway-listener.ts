import type { ExchangeSettings } from '../exchange/exchange-settings.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler, Listening, ServerTls } from '../transport/transport.ts'
import type { ClientConnection, ClientConnectionOwner } from './client-connection.ts'
import { Http1ClientConnection } from './http1-client-connection.ts'
import { Http2ClientConnection } from './http2-client-connection.ts'
import { TcpClientConnection } from '../tcp/tcp-client-connection.ts'
import { PrefaceReader } from './preface-reader.ts'

/** A port, and the connections that came in by it. Its settings change; connections stay. */
export class GatewayListener implements ClientConnectionOwner {
  settings: ExchangeSettings
  tls: ServerTls | undefined
  readonly #connections = new Set<ClientConnection>()
  #listening: Listening | undefined
  #isDraining = false
  #drained: (() => void) | undefined

  constructor(settings: ExchangeSettings, tls: ServerTls | undefined) {
    this.settings = settings
    this.tls = tls
  }

  get port(): number {
    return this.#listening?.port ?? 0
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** @throws {ExtendError} `unavailable` */
  async open(isPortShared: boolean): Promise<void> {
    const { listener, thread } = this.settings
    const { host, port } = listener
    this.#listening = await thread.transport.listen({ host, port, isPortShared }, (connection) =>
      this.#accept(connection),
    )
  }

  /** Accepts no more, and ends each connection once nothing is under way on it. */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#listening?.close()
    for (const connection of this.#connections) connection.drain()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => (this.#drained = resolve))
  }

  close(): void {
    this.#isDraining = true
    this.#listening?.close()
    for (const connection of this.#connections) connection.close()
  }

  onClientConnectionClose(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) return
    this.settings.stats.connectionsActive--
    if (this.#connections.size === 0) this.#drained?.()
  }

  /** What a connection speaks is known: from now on that has it. @param read of it so far */
  begin(connection: Connection, protocol: 'http1' | 'http2', read: Buffer | undefined): void {
    const { tcp } = this.settings.listener
    if (tcp !== undefined) {
      const client = new TcpClientConnection(this, connection, tcp)
      this.#add(client)
      client.begin()
    } else if (protocol === 'http2') this.#add(new Http2ClientConnection(this, connection, read))
    else {
      const client = new Http1ClientConnection(this, connection)
      this.#add(client)
      if (read !== undefined) client.onData(read)
    }
  }

  replace(before: ClientConnection): void {
    this.#connections.delete(before)
  }

  #add(connection: ClientConnection): void {
    this.#connections.add(connection)
    if (this.#isDraining) connection.drain()
  }

  #accept(connection: Connection): void {
    const { stats, listener } = this.settings
    stats.connections++
    if (this.#isDraining || this.#connections.size >= listener.limits.connectionsMax) {
      stats.connectionsOverLimit++
      connection.close()
      return
    }
    stats.connectionsActive++
    const { protocols, tcp } = listener
    const isUnknown = tcp === undefined && protocols.length > 1
    if (this.tls !== undefined || isUnknown) this.#add(new Arrival(this, connection, this.tls))
    else this.begin(connection, protocols[0] ?? 'http1', undefined)
  }
}

/** A connection before it is known what it speaks: in the handshake of TLS, or in its first bytes. */
class Arrival implements ClientConnection, ConnectionHandler, DeadlineOwner {
  readonly #listener: GatewayListener
  readonly #connection: Connection
  readonly #isSecured: boolean
  readonly #deadline: Deadline
  readonly #preface = new PrefaceReader()
  #isOver = false

  constructor(listener: GatewayListener, connection: Connection, tls: ServerTls | undefined) {
    this.#listener = listener
    this.#connection = connection
    this.#isSecured = tls !== undefined
    this.#deadline = new Deadline(this)
    const { thread, listener: spec } = listener.settings
    const { handshakeMs, headMs } = spec.timeouts
    thread.wheel.set(this.#deadline, tls === undefined ? headMs : handshakeMs)
    if (tls !== undefined) connection.secure(tls)
    connection.setHandler(this)
  }

  drain(): void {
    this.#connection.close()
  }

  close(): void {
    this.#connection.close()
  }

  onConnect(): void {
    const { protocols } = this.#listener.settings.listener
    const { alpn } = this.#connection.tls ?? {}
    const isHttp2 = alpn === 'h2' || (alpn === undefined && !protocols.includes('http1'))
    this.#end(isHttp2 ? 'http2' : 'http1', undefined)
  }

  onData(bytes: Buffer): void {
    if (this.#isOver) return
    const read = this.#preface.add(bytes)
    if (read !== undefined) this.#end(read.isPreface ? 'http2' : 'http1', read.bytes)
  }

  onEnd(): void {
    this.#connection.close()
  }

  onWritable(): void {}

  onClose(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { thread, stats } = this.#listener.settings
    thread.wheel.clear(this.#deadline)
    if (this.#isSecured) stats.handshakeFailures++
    this.#listener.onClientConnectionClose(this)
  }

  onDeadline(): void {
    const { stats } = this.#listener.settings
    if (this.#isSecured) stats.handshakeTimeouts++
    else stats.headTimeouts++
    this.#connection.close()
  }

  #end(protocol: 'http1' | 'http2', read: Buffer | undefined): void {
    this.#isOver = true
    this.#listener.settings.thread.wheel.clear(this.#deadline)
    this.#listener.replace(this)
    this.#listener.begin(this.#connection, protocol, read)
  }
}
