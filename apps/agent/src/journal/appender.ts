import type { RandomAccessFile } from './random-access-file.ts'
import { RecordWriter } from './record-writer.ts'

/** Appends records to a file until the disk refuses some: then no more, until there is another file. */
export class Appender {
  readonly #file: RandomAccessFile
  #isBroken = false

  constructor(file: RandomAccessFile) {
    this.#file = file
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  /** All of the records or none. Returns whether they are in the file. */
  append(records: readonly Uint8Array[]): boolean {
    if (this.#isBroken) return false
    const sizeBytes = this.#file.sizeBytes
    try {
      const writer = new RecordWriter(this.#file)
      for (const record of records) writer.add(record)
      writer.flush()
      return true
    } catch {
      // Half a record at the end would hide all that follow. Until the file is written anew, nothing is appended.
      this.#isBroken = true
      try {
        this.#file.truncate(sizeBytes)
      } catch {
        // The new file takes its place either way.
      }
      return false
    }
  }
}
