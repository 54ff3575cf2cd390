import {
  closeSync,
  constants,
  ftruncateSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import type { JournalDirectory, RandomAccessFile } from './random-access-file.ts'

const { O_CREAT, O_NOFOLLOW, O_RDWR, O_TRUNC } = constants

/** A directory of the disk. Files are readable by their owner alone. */
export function openDiskDirectory(path: string): JournalDirectory {
  return {
    open: (name) => new DiskFile(`${path}/${name}`, O_RDWR | O_CREAT | O_NOFOLLOW),
    create: (name) => new DiskFile(`${path}/${name}`, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW),
    // No fsync before: see Journal. File systems that order a rename after its data (ext4, btrfs) lose nothing here.
    rename: (from, to) => renameSync(`${path}/${from}`, `${path}/${to}`),
  }
}

class DiskFile implements RandomAccessFile {
  readonly #fd: number
  #sizeBytes: number

  constructor(path: string, flags: number) {
    this.#fd = openSync(path, flags, 0o600)
    this.#sizeBytes = fstatSync(this.#fd).size
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  read(into: Uint8Array, position: number): number {
    let done = 0
    while (done < into.length) {
      const count = readSync(this.#fd, into, done, into.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  append(bytes: Uint8Array): void {
    let done = 0
    while (done < bytes.length) {
      const count = writeSync(this.#fd, bytes, done, bytes.length - done, this.#sizeBytes)
      done += count
      this.#sizeBytes += count
    }
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.#fd, sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  close(): void {
    closeSync(this.#fd)
  }
}
