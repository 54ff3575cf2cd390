import { EbpfError } from '../error.ts'
import { addressOf, errno, syscall6 } from './libc.ts'
import { OwnedFd } from './owned-fd.ts'
import { call, SYSCALL } from './syscall.ts'

const EPOLL_CLOEXEC = 0o2000000
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLLIN = 1
const EINTR = 4

/** `struct epoll_event` is packed on x86-64 only (include/uapi/linux/eventpoll.h). */
const DATA_OFFSET = process.arch === 'x64' ? 4 : 8
const EVENT_BYTES = DATA_OFFSET + 8

/**
 * A set of descriptors to wait for. Waiting allocates nothing. `wait` blocks the thread: for workers, with an
 * `EventFd` in the set so that another thread can end the wait.
 */
export class Epoll extends OwnedFd {
  readonly #events: DataView
  readonly #eventsAddress: number
  readonly #eventsMax: number

  /** @param eventsMax how many ready descriptors one `wait` can tell. */
  constructor(eventsMax = 64) {
    super(call('epoll_create1', [EPOLL_CLOEXEC]))
    this.#eventsMax = eventsMax
    this.#events = new DataView(new ArrayBuffer(eventsMax * EVENT_BYTES))
    this.#eventsAddress = addressOf(this.#events)
  }

  /** Wakes when `fd` is readable. `token` (u32) is what `token(i)` gives for it; default the fd. */
  add(fd: number, token = fd): void {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES))
    event.setUint32(0, EPOLLIN, true)
    event.setUint32(DATA_OFFSET, token, true)
    call('epoll_ctl', [this.fd, EPOLL_CTL_ADD, fd, event])
  }

  remove(fd: number): void {
    call('epoll_ctl', [this.fd, EPOLL_CTL_DEL, fd, this.#events])
  }

  /** How many are ready; 0 after `timeoutMs` or an interruption. -1 waits for ever. @throws {EbpfError} */
  wait(timeoutMs: number): number {
    const { fd } = this
    const ready = syscall6(SYSCALL.epoll_pwait, fd, this.#eventsAddress, this.#eventsMax, timeoutMs, 0, 8)
    if (ready !== -1) return ready
    const error = errno()
    if (error === EINTR) return 0
    throw EbpfError.fromErrno(error, 'epoll_pwait')
  }

  /** The token of the `index`-th ready descriptor of the last `wait`. */
  token(index: number): number {
    return this.#events.getUint32(index * EVENT_BYTES + DATA_OFFSET, true)
  }
}
