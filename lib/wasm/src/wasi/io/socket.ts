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

  accept(): Connection | undefined {
    const socket = this.#waiting.shift()
    return socket === undefined ? undefined : new SocketConnection(socket)
  }

  close(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy()
    this.#server.close()
  }
}

class SocketConnection implements Connection {
  readonly input: ByteInput
  readonly output: StreamOutput
  readonly #socket: Socket
  #isShutForReading = false

  constructor(socket: Socket) {
    this.#socket = socket
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
