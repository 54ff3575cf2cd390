import { EbpfError } from '../error.ts'
import { readFd, writeFd } from './file-descriptor.ts'
import { OwnedFd } from './owned-fd.ts'
import { call } from './syscall.ts'

const EAGAIN = 11
const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000

/** A counter that wakes who waits for it: any thread may write it by its `fd`. */
export class EventFd extends OwnedFd {
  readonly #word = new BigUint64Array(1)

  constructor() {
    super(call('eventfd2', [0, EFD_CLOEXEC_NONBLOCK]))
  }

  signal(): void {
    this.#word[0] = 1n
    writeFd(this.fd, new Uint8Array(this.#word.buffer))
  }

  /** Takes the pending signals; false when there were none. */
  consume(): boolean {
    try {
      return readFd(this.fd, new Uint8Array(this.#word.buffer)) === 8
    } catch (error) {
      if (error instanceof EbpfError && error.errno === EAGAIN) return false
      throw error
    }
  }
}
