import { close } from 'node:fs'
import { EbpfError } from '../error.ts'
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

  /**
   * As `dispose`, in a thread of Node's pool: where the kernel takes long to let go.
   *
   * @throws {EbpfError} what close(2) said
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await new Promise<void>((resolve, reject) => {
      close(this.fd, (error) => (error ? reject(EbpfError.from(error)) : resolve()))
    })
  }
}
