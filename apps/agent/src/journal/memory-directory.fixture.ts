import type { JournalDirectory, RandomAccessFile } from './random-access-file.ts'

/** Thrown in the middle of a write: the process is gone. */
export class Killed extends Error {}

/**
 * A disk in memory whose writer can be killed, or refused, after any byte. What was written before stays, as it does
 * in a page cache.
 */
export class MemoryDirectory implements JournalDirectory {
  readonly files = new Map<string, { bytes: Uint8Array; sizeBytes: number }>()
  /** The process dies when so many more bytes are written. */
  killAfterBytes = Infinity
  /** The disk is full when so many more bytes are written. */
  fullAfterBytes = Infinity
  #isKilled = false

  open(name: string): RandomAccessFile {
    this.#alive()
    if (!this.files.has(name)) this.files.set(name, { bytes: new Uint8Array(1024), sizeBytes: 0 })
    return this.#handle(name)
  }

  create(name: string): RandomAccessFile {
    this.#alive()
    this.files.set(name, { bytes: new Uint8Array(1024), sizeBytes: 0 })
    return this.#handle(name)
  }

  rename(from: string, to: string): void {
    this.#alive()
    this.files.set(to, this.files.get(from)!)
    this.files.delete(from)
  }

  /** What the next process finds. */
  restart(): void {
    this.#isKilled = false
    this.killAfterBytes = Infinity
  }

  bytesOf(name: string): Uint8Array {
    const file = this.files.get(name)
    return file ? file.bytes.subarray(0, file.sizeBytes) : new Uint8Array(0)
  }

  put(name: string, bytes: Uint8Array): void {
    this.files.set(name, { bytes: bytes.slice(), sizeBytes: bytes.length })
  }

  #alive(): void {
    if (this.#isKilled) throw new Killed()
  }

  #handle(name: string): RandomAccessFile {
    const file = this.files.get(name)!
    const alive = () => this.#alive()
    const write = (bytes: Uint8Array) => {
      while (file.sizeBytes + bytes.length > file.bytes.length) {
        const larger = new Uint8Array(file.bytes.length * 2)
        larger.set(file.bytes)
        file.bytes = larger
      }
      file.bytes.set(bytes, file.sizeBytes)
      file.sizeBytes += bytes.length
    }
    return {
      get sizeBytes() {
        return file.sizeBytes
      },
      read(into, position) {
        alive()
        const count = Math.max(0, Math.min(into.length, file.sizeBytes - position))
        into.set(file.bytes.subarray(position, position + count))
        return count
      },
      append: (bytes) => {
        alive()
        const room = Math.min(this.killAfterBytes, this.fullAfterBytes)
        write(bytes.subarray(0, Math.min(bytes.length, room)))
        this.killAfterBytes -= bytes.length
        this.fullAfterBytes -= bytes.length
        if (this.killAfterBytes < 0) {
          this.#isKilled = true
          throw new Killed()
        }
        if (this.fullAfterBytes < 0) {
          this.fullAfterBytes = 0
          throw new Error('ENOSPC')
        }
      },
      truncate(sizeBytes) {
        alive()
        file.sizeBytes = sizeBytes
      },
      close() {},
    }
  }
}
