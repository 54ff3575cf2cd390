import { channel } from 'node:diagnostics_channel'
import { FdFlag } from '../abi.ts'
import type { Descriptor } from '../descriptor.ts'
import { Errno, fail, WasiError } from '../errno.ts'
import type { HostModule, OpenHostModule } from '../host-module.ts'
import type { GuestProcess } from '../process.ts'
import { boundedLookups } from './bounded-lookups.ts'
import { DialledConnection } from './dialled-connection.ts'
import { checkTarget, targetOf } from './find-addresses.ts'
import { MACHINE_NETWORK, type AddressFamily, type GuestNetwork } from './guest-network.ts'
import { NetworkPolicy } from './network-policy.ts'
import type { NetworkRule } from './network-rule.ts'
import { networkErrno } from './pending.ts'
import { ResolvedName } from './resolved-name.ts'

/** A host of 253 characters, its brackets and its port are less. */
const ADDRESS_BYTES_MAX = 300
const FAMILIES: ReadonlyMap<number, AddressFamily> = new Map([
  [0, 0],
  [4, 4],
  [6, 6],
])

export interface NetworkModuleOptions {
  /** Whom the guest may call. Nobody, where there are none. */
  readonly rules: readonly NetworkRule[]
  /** The machine's own, if it is not given. */
  readonly network?: GuestNetwork
}

/** What a guest was refused: `{ host, port }`. */
const refusals = channel('quadrant:wasm:network-refused')

/**
 * Outgoing connections (TCP) and the addresses of all connections, as calls of `quadrant_net_v1`, which the Go package
 * guest/go/net makes. They never wait: a descriptor is there at once and is polled. Each answers a number of `errno`.
 *
 * ```
 * dial(family, address, length, fd*)        HOST:PORT; family 0, 4 or 6. Writable when connected or failed
 * resolve(family, name, length, fd*)        readable when found or failed: addresses, one a line
 * status(fd)                                INPROGRESS, then SUCCESS or what failed
 * address(fd, end, buffer, size, length*)   ADDRESS:PORT; end 0: its own, 1: the peer's
 * ```
 *
 * ACCES: no rule allows it. NOENT, AGAIN: the name is not there, or cannot be found now. INVAL: it is no address.
 */
export function networkModule(options: NetworkModuleOptions): HostModule {
  const policy = new NetworkPolicy(options.rules)
  return {
    name: 'quadrant_net_v1',
    open: (guest) => openNetwork(guest, policy, boundedLookups(options.network ?? MACHINE_NETWORK)),
  }
}

function openNetwork(guest: GuestProcess, policy: NetworkPolicy, network: GuestNetwork): OpenHostModule {
  return {
    calls: {
      dial: (family, pointer, length, resultPointer) =>
        answer(() => {
          const { host, port } = split(guest.memory.text(pointer, length, ADDRESS_BYTES_MAX))
          const target = { ...targetOf(host, port, FAMILIES.get(family) ?? fail('INVAL')), port }
          begin(guest, resultPointer, () => {
            allow(policy, target)
            const connection = new DialledConnection(network, policy, target)
            const { input, output } = connection
            return { kind: 'connection', input, output, connection, flags: FdFlag.NONBLOCK }
          })
        }),
      resolve: (family, pointer, length, resultPointer) =>
        answer(() => {
          const name = guest.memory.text(pointer, length, ADDRESS_BYTES_MAX)
          const target = targetOf(name, undefined, FAMILIES.get(family) ?? fail('INVAL'))
          begin(guest, resultPointer, () => {
            allow(policy, target)
            const input = new ResolvedName(network, policy, target)
            return { kind: 'stream', input, isTerminal: false, flags: FdFlag.NONBLOCK }
          })
        }),
      status: (fd) => answer(() => statusOf(guest.descriptors.get(fd))),
      address: (fd, end, pointer, size, lengthPointer) =>
        answer(() => {
          guest.memory.u32(lengthPointer)
          const text = Buffer.from(addressAt(guest.descriptors.get(fd), end))
          guest.memory.bytes(pointer, size)
          if (text.length > size >>> 0) fail('OVERFLOW')
          guest.memory.fill(pointer, size, text)
          guest.memory.setU32(lengthPointer, text.length)
        }),
    },
    failed: networkErrno,
    [Symbol.dispose]() {},
  }
}

function answer(call: () => void): number {
  call()
  return Errno.SUCCESS
}

/** Nothing is begun whose descriptor the guest could not be told. */
function begin(guest: GuestProcess, resultPointer: number, open: () => Descriptor): void {
  guest.memory.u32(resultPointer)
  guest.descriptors.check()
  guest.memory.setU32(resultPointer, guest.descriptors.add(open()))
}

function allow(policy: NetworkPolicy, target: Parameters<typeof checkTarget>[1]): void {
  try {
    checkTarget(policy, target)
  } catch (error) {
    refusals.publish({ host: target.host, port: target.port })
    throw error
  }
}

function split(address: string): { readonly host: string; readonly port: number } {
  const { six, host, digits } =
    /^(?:\[(?<six>[^[\]]+)\]|(?<host>[^[\]:]+)):(?<digits>\d{1,5})$/.exec(address)?.groups ?? {}
  const port = Number(digits)
  if (!(port >= 1 && port <= 65_535)) fail('INVAL')
  return { host: six ?? host!, port }
}

function statusOf(descriptor: Descriptor): void {
  const pending =
    descriptor.kind === 'connection'
      ? descriptor.connection
      : descriptor.kind === 'stream'
        ? descriptor.input
        : undefined
  if (!(pending instanceof DialledConnection || pending instanceof ResolvedName)) return fail('INVAL')
  if (pending.status !== Errno.SUCCESS) throw new WasiError(pending.status)
}

function addressAt(descriptor: Descriptor, end: number): string {
  if (end !== 0 && end !== 1) return fail('INVAL')
  if (descriptor.kind === 'listener')
    return (end === 0 ? descriptor.listener.local : undefined) ?? fail('NOTCONN')
  if (descriptor.kind !== 'connection') return fail('NOTSOCK')
  return (end === 0 ? descriptor.connection.local : descriptor.connection.peer) ?? fail('NOTCONN')
}
