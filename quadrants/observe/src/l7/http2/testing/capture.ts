import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Http2Connection, type Http2ConnectionOptions } from '../streams/http2-connection.ts'
import type { HttpExchange } from '../streams/http-exchange.ts'

/** Bytes of one side of a connection, and when they came by. */
export interface Piece {
  readonly sender: 'client' | 'server'
  readonly bytes: Uint8Array
  readonly timeNs: number
}

/** A proxy on loopback that keeps what passes: one list of pieces a connection, in the order they came. */
export class CaptureProxy implements AsyncDisposable {
  readonly #server: Server
  readonly connections: Piece[][] = []
  readonly #sockets = new Set<Socket>()
  #open = 0
  #closed = Promise.withResolvers<void>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(target: string): Promise<CaptureProxy> {
    const [host, port] = target.split(':')
    const server = createServer((client) => proxy.#pass(client, connect(Number(port), host)))
    const proxy = new CaptureProxy(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Waits until no connection is open. */
  async idle(): Promise<void> {
    while (this.#open > 0) await this.#closed.promise
  }

  #pass(client: Socket, upstream: Socket): void {
    const pieces: Piece[] = []
    this.connections.push(pieces)
    this.#open++
    this.#sockets.add(client).add(upstream)
    const keep = (sender: Piece['sender'], to: Socket) => (bytes: Buffer) => {
      pieces.push({ sender, bytes: new Uint8Array(bytes), timeNs: now() })
      to.write(bytes)
    }
    client.on('data', keep('client', upstream))
    upstream.on('data', keep('server', client))
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('error', end).on('end', () => upstream.end())
    upstream.on('error', end).on('end', () => client.end())
    client.once('close', end)
    upstream.once('close', () => {
      end()
      this.#open--
      this.#closed.resolve()
      this.#closed = Promise.withResolvers()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

function now(): number {
  return Math.round(performance.now() * 1e6)
}

/** What a connection that is given these pieces tells, and the connection. */
export function understand(pieces: Iterable<Piece>, options?: Http2ConnectionOptions) {
  const exchanges: HttpExchange[] = []
  const connection = new Http2Connection((exchange) => exchanges.push(exchange), options)
  let timeNs = 0
  for (const piece of pieces) connection.push(piece.sender, piece.bytes, (timeNs = piece.timeNs))
  connection.close(timeNs)
  return { exchanges, connection }
}

/** The same bytes in other pieces, whose lengths `length` gives; their order over both sides stays. */
export function* recut(pieces: Iterable<Piece>, length: () => number): Generator<Piece> {
  for (const { sender, bytes, timeNs } of pieces)
    for (let at = 0; at < bytes.length;) {
      const end = at + length()
      yield { sender, bytes: bytes.slice(at, end), timeNs }
      at = end
    }
}
