import { Errno, WasiError } from '../errno.ts'
import type { ByteInput } from '../io/byte-stream.ts'
import { bytesInput } from '../io/buffers.ts'
import { Signal } from '../signal.ts'
import { findAddresses, type Target } from './find-addresses.ts'
import type { GuestNetwork } from './guest-network.ts'
import type { NetworkPolicy } from './network-policy.ts'
import { networkErrno, type Pending } from './pending.ts'

/** The addresses of a name, one a line, as something that can be read once they are there. */
export class ResolvedName implements ByteInput, Pending {
  readonly changed = new Signal()
  #text: ByteInput | undefined
  #status: Errno = Errno.INPROGRESS

  constructor(network: GuestNetwork, policy: NetworkPolicy, target: Target) {
    const settle = (text: string, errno: Errno) => {
      this.#text = bytesInput(text)
      this.#status = errno
      this.changed.notify()
    }
    findAddresses(network, policy, target).then(
      (addresses) => settle(addresses.map((address) => `${address}\n`).join(''), Errno.SUCCESS),
      (error: unknown) => settle('', networkErrno(error)),
    )
  }

  get status(): Errno {
    return this.#status
  }

  get readableBytes(): number | undefined {
    return this.#text?.readableBytes
  }

  read(into: Uint8Array, options?: { readonly isPeeking: boolean }): number | undefined {
    if (this.#text !== undefined && this.#status !== Errno.SUCCESS) throw new WasiError(this.#status)
    return this.#text?.read(into, options)
  }
}
