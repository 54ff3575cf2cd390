import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import type { RunningCheck } from './health-checks.ts'

/** Whether a connection can be opened. */
export class TcpCheck implements RunningCheck, ConnectionHandler, DeadlineOwner {
  readonly #thread: GatewayThread
  readonly #tell: (isSuccess: boolean) => void
  readonly #deadline = new Deadline(this)
  readonly #connection: Connection

  constructor(
    thread: GatewayThread,
    endpoint: Endpoint,
    timeoutMs: number,
    tell: (isSuccess: boolean) => void,
  ) {
    this.#thread = thread
    this.#tell = tell
    thread.wheel.set(this.#deadline, timeoutMs)
    this.#connection = thread.transport.connect({ host: endpoint.ip, port: endpoint.port }, this)
  }

  cancel(): void {
    this.#end(false)
  }

  onConnect(): void {
    this.#end(true)
  }

  onData(): void {}

  onEnd(): void {}

  onWritable(): void {}

  onClose(): void {
    this.#end(false)
  }

  onDeadline(): void {
    this.#end(false)
  }

  #end(isSuccess: boolean): void {
    this.#thread.wheel.clear(this.#deadline)
    this.#connection.close()
    this.#tell(isSuccess)
  }
}
