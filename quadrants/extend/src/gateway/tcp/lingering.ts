import { Deadline, type DeadlineOwner, type DeadlineWheel } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'

/** How long the peer has to read what was said last before the connection is closed on it. */
const LINGER_MS = 1000
/** What is waiting is given up where so long nothing of it could be sent. */
const STALLED_MS_MAX = 30_000

/**
 * A connection on which no more is said: what is waiting still goes out, and what comes is not looked at. Closed at once,
 * the peer would lose what it has not read yet.
 */
export class Lingering implements ConnectionHandler, DeadlineOwner {
  readonly #connection: Connection
  readonly #wheel: DeadlineWheel
  readonly #closed: () => void
  readonly #deadline = new Deadline(this)
  #waitingBytes: number
  #stalledMs = 0

  constructor(connection: Connection, wheel: DeadlineWheel, closed: () => void) {
    this.#connection = connection
    this.#wheel = wheel
    this.#closed = closed
    this.#waitingBytes = connection.waitingBytes
    if (connection.isClosed) {
      closed()
      return
    }
    connection.setHandler(this)
    connection.end()
    connection.resume()
    wheel.set(this.#deadline, LINGER_MS)
  }

  onConnect(): void {}

  onData(): void {}

  onEnd(): void {
    if (this.#connection.waitingBytes === 0) this.#connection.close()
  }

  onWritable(): void {}

  onClose(): void {
    this.#wheel.clear(this.#deadline)
    this.#closed()
  }

  onDeadline(): void {
    const { waitingBytes } = this.#connection
    this.#stalledMs = waitingBytes < this.#waitingBytes ? 0 : this.#stalledMs + LINGER_MS
    this.#waitingBytes = waitingBytes
    if (waitingBytes === 0 || this.#stalledMs >= STALLED_MS_MAX) this.#connection.close()
    else this.#wheel.set(this.#deadline, LINGER_MS)
  }
}
