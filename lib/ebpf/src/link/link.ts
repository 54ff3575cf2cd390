import { pinObject } from '../sys/pin.ts'
import { closeFd } from '../sys/file-descriptor.ts'

/** A program at a hook. It runs until the link is disposed of, or its process ends, unless it is pinned. */
export class Link {
  readonly fd: number
  #open = true

  constructor(fd: number) {
    this.fd = fd
  }

  /** Keeps the program attached under a path of a bpffs. @throws {EbpfError} */
  pin(path: string): void {
    pinObject(this.fd, path)
  }

  [Symbol.dispose](): void {
    if (!this.#open) return
    this.#open = false
    closeFd(this.fd)
  }
}
