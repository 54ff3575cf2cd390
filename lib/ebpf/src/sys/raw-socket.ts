import { OwnedFd } from './owned-fd.ts'
import { call } from './syscall.ts'

const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_ATTACH_BPF = 50
const SO_COOKIE = 57

/** A raw socket of one IP protocol in one network namespace: each packet of it is offered to a program. */
export class RawSocket extends OwnedFd {
  /** Unique on a host for one boot; what `bpf_get_socket_cookie` gives in the program. Exact below 2^53. */
  readonly cookie: number

  /**
   * Opens it in this thread's network namespace (`withNetns`). What the program lets pass waits in the socket, which
   * nobody reads, so it should let nothing pass.
   *
   * @param options.family AF_INET 2, AF_INET6 10
   * @param options.protocol IANA protocol number
   * @param options.programFd a loaded socket filter
   * @throws {EbpfError} `permission` without CAP_NET_RAW
   */
  constructor(options: { readonly family: 2 | 10; readonly protocol: number; readonly programFd: number }) {
    const { family, protocol, programFd } = options
    super(call('socket', [family, SOCK_RAW_CLOEXEC_NONBLOCK, protocol], 'open a raw socket'))
    try {
      // What comes before the program is attached finds nearly no room.
      this.#set(SO_RCVBUF, 0)
      this.#set(SO_ATTACH_BPF, programFd)
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
}
