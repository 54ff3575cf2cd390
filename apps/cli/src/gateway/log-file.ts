import { createWriteStream, fstatSync, type WriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'

/** How often it is looked whether the file is still the one of that name, while lines come. */
const LOOK_MS = 1000

/**
 * A file that lines are appended to. Whoever rotates it moves it away, or cuts it: a file that is not there any more under
 * its name is made anew, without a signal to anybody.
 */
export class LogFile {
  readonly #path: string
  readonly #note: (text: string) => void
  #stream: WriteStream
  #inode: number | undefined
  #lookedMs = 0
  #isLooking = false

  constructor(path: string, note: (text: string) => void) {
    this.#path = path
    this.#note = note
    this.#stream = this.#open()
  }

  /** Where lines go now; destroyed where it cannot be written. */
  output(): WriteStream {
    const nowMs = performance.now()
    if (!this.#isLooking && nowMs - this.#lookedMs > LOOK_MS) {
      this.#isLooking = true
      void this.#look().finally(() => {
        this.#isLooking = false
        this.#lookedMs = performance.now()
      })
    }
    return this.#stream
  }

  async close(): Promise<void> {
    if (!this.#stream.destroyed) await new Promise<void>((resolve) => this.#stream.end(resolve))
  }

  async #look(): Promise<void> {
    const found = await stat(this.#path).then(
      ({ ino }) => ino,
      () => undefined,
    )
    const isSame = found !== undefined && found === this.#inode
    // One that is being opened has no inode yet.
    if (isSame || (this.#stream.pending && !this.#stream.destroyed)) return
    this.#stream.end()
    this.#stream = this.#open()
  }

  #open(): WriteStream {
    this.#inode = undefined
    const stream = createWriteStream(this.#path, { flags: 'a' })
    stream.on('open', (fd) => (this.#inode = fstatSync(fd).ino))
    stream.on('error', (error) =>
      this.#note(`the access log ${this.#path} cannot be written: ${error.message}`),
    )
    return stream
  }
}
