import { OwnedFd } from './owned-fd.ts'
import { familyOf, readSocketAddress, SOCKET_ADDRESS_BYTES, writeSocketAddress } from './socket-address.ts'
import { call } from './syscall.ts'

const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_ATTACH_BPF = 50
const SO_COOKIE = 57

export interface RawSocketOptions {
  /** IANA protocol number. */
  readonly protocol: number
  /** A loaded socket filter. */
  readonly programFd: number
  /** Whose packets: 4 or 16 bytes, network order. */
  readonly remote: Uint8Array
  /** To which address of this namespace. Default: the one that the route to `remote` has as its source. */
  readonly local?: Uint8Array | undefined
}

/**
 * A raw socket of one IP protocol in one network namespace: each packet of it from one address to another is offered
 * to a program. Others cost a comparison; one without addresses would have the kernel copy the head of every packet.
 */
export class RawSocket extends OwnedFd {
  /** Unique on a host for one boot; what `bpf_get_socket_cookie` gives in the program. Exact below 2^53. */
  readonly cookie: number
  /** To which address: as asked for, or as the route has it. */
  readonly local: Uint8Array

  /**
   * Opens it in this thread's network namespace (`withNetns`). What the program lets pass waits in the socket, which
   * nobody reads, so it should let nothing pass.
   *
   * @throws {EbpfError} `permission` without CAP_NET_RAW; where there is no route, or the address is not local
   */
  constructor({ protocol, programFd, remote, local }: RawSocketOptions) {
    super(call('socket', [familyOf(remote), SOCK_RAW_CLOEXEC_NONBLOCK, protocol], 'open a raw socket'))
    try {
      // What comes before the program is attached finds nearly no room.
      this.#set(SO_RCVBUF, 0)
      this.#set(SO_ATTACH_BPF, programFd)
      if (local !== undefined) this.#name('bind', local)
      this.#name('connect', remote)
      const name = new Uint8Array(SOCKET_ADDRESS_BYTES)
      call('getsockname', [this.fd, name, new Uint32Array([name.length])], 'read its address')
      this.local = readSocketAddress(name)
      const cookie = new BigUint64Array(1)
      call('getsockopt', [this.fd, SOL_SOCKET, SO_COOKIE, cookie, new Uint32Array([8])], 'read its cookie')
      this.cookie = Number(cookie[0])
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  #set(option: number, value: number): void {
    call('setsockopt', [this.fd, SOL_SOCKET, option, new Int32Array([value]), 4], 'set up a raw socket')
  }

  #name(how: 'bind' | 'connect', address: Uint8Array): void {
    const bytes = writeSocketAddress(address)
    call(how, [this.fd, bytes, bytes.length], 'set up a raw socket')
  }
}
