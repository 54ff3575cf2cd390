import { Errno, WasiError } from '../errno.ts'
import type { ByteInput, ByteOutput, Connection } from '../io/byte-stream.ts'
import { SocketConnection } from '../io/socket.ts'
import { Signal } from '../signal.ts'
import { connectFirst } from './connect-first.ts'
import { findAddresses, type Target } from './find-addresses.ts'
import type { GuestNetwork } from './guest-network.ts'
import type { NetworkPolicy } from './network-policy.ts'
import { networkErrno, type Pending } from './pending.ts'

/** A connection that a guest has asked for: it can be waited for, shut down and closed from the start. */
export class DialledConnection implements Connection, Pending {
  readonly input: ByteInput
  readonly output: ByteOutput
  readonly #abort = new AbortController()
  #connected: SocketConnection | undefined
  #status: Errno = Errno.INPROGRESS

  constructor(network: GuestNetwork, policy: NetworkPolicy, target: Target & { readonly port: number }) {
    const inputChanged = new Signal()
    const outputChanged = new Signal()
    const connected = () => this.#connected
    const check = () => this.#check()
    const isFailed = () => this.#isFailed
    this.input = {
      changed: inputChanged,
      get readableBytes() {
        return isFailed() ? 0 : connected()?.input.readableBytes
      },
      read: (into, options) => {
        check()
        return connected()?.input.read(into, options)
      },
    }
    this.output = {
      changed: outputChanged,
      // Who waits for it to be connected, or not, waits for this.
      get isWritable() {
        return isFailed() || connected()?.output.isWritable === true
      },
      write: (bytes) => {
        check()
        return connected()?.output.write(bytes)
      },
      flush: async () => connected()?.output.flush(),
    }
    const settle = (errno: Errno) => {
      this.#status = errno
      inputChanged.notify()
      outputChanged.notify()
    }
    this.#connect(network, policy, target).then(
      (connection) => {
        this.#connected = connection
        connection.input.changed.subscribe(() => inputChanged.notify())
        connection.output.changed.subscribe(() => outputChanged.notify())
        settle(Errno.SUCCESS)
      },
      (error: unknown) => settle(networkErrno(error)),
    )
  }

  async #connect(
    network: GuestNetwork,
    policy: NetworkPolicy,
    target: Target & { readonly port: number },
  ): Promise<SocketConnection> {
    const addresses = await findAddresses(network, policy, target)
    const { signal } = this.#abort
    const socket = await connectFirst(network, addresses, target.port, signal)
    if (signal.aborted) socket.destroy()
    return new SocketConnection(socket)
  }

  get status(): Errno {
    return this.#status
  }

  get local(): string | undefined {
    return this.#connected?.local
  }

  get peer(): string | undefined {
    return this.#connected?.peer
  }

  get #isFailed(): boolean {
    return this.#status !== Errno.SUCCESS && this.#status !== Errno.INPROGRESS
  }

  #check(): void {
    if (this.#isFailed) throw new WasiError(this.#status)
  }

  shutdown(which: { readonly read: boolean; readonly write: boolean }): void {
    if (this.#connected === undefined) throw new WasiError(Errno.NOTCONN)
    this.#connected.shutdown(which)
  }

  close(): void {
    this.#abort.abort()
    this.#connected?.close()
  }
}
