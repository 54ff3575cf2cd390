import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { LogBatch } from '@quadrant/extend/gateway'

/** Lines wait for a slow disk or terminal, not without end: what is over that is dropped, and counted. */
const WAITING_BYTES_MAX = 8 << 20

/** Where access logs go. */
export class LogOutput {
  readonly #stdout: Writable
  readonly #note: (text: string) => void
  readonly #files = new Map<string, Writable>()
  #droppedBytes = 0

  constructor(stdout: Writable, note: (text: string) => void) {
    this.#stdout = stdout
    this.#note = note
  }

  get droppedBytes(): number {
    return this.#droppedBytes
  }

  write({ sink, lines }: LogBatch): void {
    const output = sink.kind === 'stdout' ? this.#stdout : this.#fileOf(sink.path)
    if (output.writableLength > WAITING_BYTES_MAX || output.destroyed) this.#droppedBytes += lines.length
    else output.write(lines)
  }

  async close(): Promise<void> {
    const ends = [...this.#files.values()]
      .filter((file) => !file.destroyed)
      .map((file) => new Promise<void>((resolve) => file.end(resolve)))
    await Promise.all(ends)
  }

  #fileOf(path: string): Writable {
    let file = this.#files.get(path)
    if (file === undefined) {
      file = createWriteStream(path, { flags: 'a' })
      file.on('error', (error) => this.#note(`the access log ${path} cannot be written: ${error.message}`))
      this.#files.set(path, file)
    }
    return file
  }
}
