import { closeSync, openSync, readSync } from 'node:fs'
import { EbpfError } from '@quadrant/ebpf'
import type { ProbedCode } from './probed-code.ts'

/** The file that a process runs, held open: what is attached goes to this very inode, whatever the process does. */
export class ProbedFile implements Disposable {
  readonly #fd: number
  readonly #path: string

  /** @throws {EbpfError} `not-found`, `permission` */
  constructor(path: string) {
    this.#path = path
    try {
      this.#fd = openSync(path, 'r')
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      const gone = code === 'ENOENT' || code === 'ESRCH'
      throw EbpfError.from(error, gone ? 'not-found' : code === 'EACCES' ? 'permission' : 'system')
    }
  }

  /** A path that leads to the open file. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`
  }

  /**
   * Makes sure that the code is what places were found in: the process may have executed something else since.
   *
   * @throws {EbpfError} `not-found` where it is another
   */
  check(code: readonly ProbedCode[]): void {
    for (const { offset, bytes } of code) {
      const here = new Uint8Array(bytes.length)
      const byteLength = readSync(this.#fd, here, 0, here.length, offset)
      if (byteLength !== bytes.length || Buffer.compare(here, bytes) !== 0)
        throw new EbpfError('not-found', `${this.#path}: is no longer the program that was read`)
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}
