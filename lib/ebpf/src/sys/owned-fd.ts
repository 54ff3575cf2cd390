import { closeFd } from './file-descriptor.ts'

/** A file descriptor of this process: given back once, however often it is disposed of. */
export class OwnedFd {
  readonly fd: number
  #open = true

  /** @param fd taken over */
  constructor(fd: number) {
    this.fd = fd
  }

  [Symbol.dispose](): void {
    if (!this.#open) return
    this.#open = false
    closeFd(this.fd)
  }
}
