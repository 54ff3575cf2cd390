import type { Server, Socket } from 'node:net'
import { Signal } from '../signal.ts'
import type { ByteInput, Connection, Listener } from './byte-stream.ts'
import { StreamInput, StreamOutput } from './node-stream.ts'

/** How long a connection that its guest has closed may take to hand on what was written. */
const LINGER_MS = 5000

export interface SocketListenerOptions {
  /** Connections that wait for the guest to accept them: 128, if it is not given. */
  readonly backlog?: number
}

/**
 * Connections of a server that listens. It is to be made with `allowHalfOpen` and `pauseOnConnect`, since both ends of a
 * connection are the guest's.
 */
export class SocketListener implements Listener {
  readonly changed = new Signal()
  readonly #server: Server
  readonly #backlog: number
  readonly #waiting: Socket[] = []
  #refusedCount = 0

  constructor(server: Server, options: SocketListenerOptions = {}) {
    this.#server = server
    this.#backlog = options.backlog ?? 128
    server.on('connection', (socket: Socket) => this.#receive(socket))
  }

  #receive(socket: Socket): void {
    if (this.#waiting.length >= this.#backlog) {
      this.#refusedCount++
      socket.destroy()
      return
    }
    // Until it is accepted nobody else listens, and an error without a listener ends the process.
    socket.on('error', () => {})
    this.#waiting.push(socket)
    this.changed.notify()
  }

  /** Connections that were closed because too many waited. */
  get refusedCount(): number {
    return this.#refusedCount
  }

  get isReadable(): boolean {
    return this.#waiting.length > 0
  }

  get local(): string | undefined {
    const address = this.#server.address()
    return address === null || typeof address === 'string'
      ? undefined
      : endpoint(address.address, address.port)
  }

  accept(): Connection | undefined {
    const socket = this.#waiting.shift()
    return socket === undefined ? undefined : new SocketConnection(socket)
  }

  close(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy()
    this.#server.close()
  }
}

/** `ADDRESS:PORT`; undefined for a socket that has neither any more. */
export function endpoint(address: string | undefined, port: number | undefined): string | undefined {
  if (address === undefined || port === undefined) return undefined
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** A socket that is connected, made with `allowHalfOpen`. */
export class SocketConnection implements Connection {
  readonly local: string | undefined
  readonly peer: string | undefined
  readonly input: ByteInput
  readonly output: StreamOutput
  readonly #socket: Socket
  #isShutForReading = false

  constructor(socket: Socket) {
    this.#socket = socket
    // Once it is closed it has none.
    this.local = endpoint(socket.localAddress, socket.localPort)
    this.peer = endpoint(socket.remoteAddress, socket.remotePort)
    // The guest decides what it writes together.
    socket.setNoDelay(true)
    this.output = new StreamOutput(socket)
    const input = new StreamInput(socket)
    const isShut = () => this.#isShutForReading
    this.input = {
      changed: input.changed,
      get readableBytes() {
        return isShut() ? 0 : input.readableBytes
      },
      read: (into, options) => (isShut() ? 0 : input.read(into, options)),
    }
  }

  shutdown({ read, write }: { readonly read: boolean; readonly write: boolean }): void {
    if (read) this.#isShutForReading = true
    if (write) this.#socket.end()
    this.input.changed.notify()
  }

  close(): void {
    // A peer that reads nothing must not keep it for ever.
    this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy())
    this.#socket.destroySoon()
  }
}
