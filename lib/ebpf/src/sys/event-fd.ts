import { EbpfError } from '../error.ts'
import { readFd, writeFd } from './file-descriptor.ts'
import { OwnedFd } from './owned-fd.ts'
import { call } from './syscall.ts'

const EAGAIN = 11
const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000

/** A counter that wakes who waits for it: any thread may write it by its `fd`. */
export class EventFd extends OwnedFd {
  constructor() {
    super(call('eventfd2', [0, EFD_CLOEXEC_NONBLOCK]))
  }

  signal(): void {
    signalEventFd(this.fd)
  }

  /** Takes the pending signals; false when there were none. */
  consume(): boolean {
    return consumeEventFd(this.fd)
  }
}

/** Wakes who waits for the eventfd, from any thread of the process. @throws {EbpfError} */
export function signalEventFd(fd: number): void {
  writeFd(fd, new Uint8Array(BigUint64Array.of(1n).buffer))
}

/** As `EventFd.consume`, of an eventfd that somebody else owns. @throws {EbpfError} */
export function consumeEventFd(fd: number): boolean {
  try {
    return readFd(fd, new Uint8Array(8)) === 8
  } catch (error) {
    if (error instanceof EbpfError && error.errno === EAGAIN) return false
    throw error
  }
}
