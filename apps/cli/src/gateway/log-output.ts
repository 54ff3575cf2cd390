import type { Writable } from 'node:stream'
import type { LogBatch } from '@quadrant/extend/gateway'
import { LogFile } from './log-file.ts'

/** Lines wait for a slow disk or terminal, not without end: what is over that is dropped, and counted. */
const WAITING_BYTES_MAX = 8 << 20

/** Where access logs go. */
export class LogOutput {
  readonly #stdout: Writable
  readonly #note: (text: string) => void
  readonly #files = new Map<string, LogFile>()
  #droppedBytes = 0

  constructor(stdout: Writable, note: (text: string) => void) {
    this.#stdout = stdout
    this.#note = note
  }

  get droppedBytes(): number {
    return this.#droppedBytes
  }

  write({ sink, lines }: LogBatch): void {
    const output = sink.kind === 'stdout' ? this.#stdout : this.#fileOf(sink.path).output()
    if (output.writableLength > WAITING_BYTES_MAX || output.destroyed) this.#droppedBytes += lines.length
    else output.write(lines)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()))
  }

  #fileOf(path: string): LogFile {
    let file = this.#files.get(path)
    if (file === undefined) this.#files.set(path, (file = new LogFile(path, this.#note)))
    return file
  }
}
