import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** What a queue needs of a file. Positions and lengths in bytes; every call may throw the system's error. */
export interface QueueFile {
  readonly sizeBytes: number
  /** Fills as much of `into` as the file has at `position`; returns how much. */
  read(into: Uint8Array, position: number): number
  write(bytes: Uint8Array, position: number): void
  truncate(sizeBytes: number): void
  close(): void
}

/** A directory that belongs to one queue. */
export interface QueueDirectory {
  list(): readonly string[]
  /** The file, made empty where there is none. */
  open(name: string): QueueFile
  remove(name: string): void
  /** Atomic; in place of one of that name. */
  rename(from: string, to: string): void
}

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants

/** A directory of the disk, made where there is none. Its files are readable by their owner alone. @throws the system's error */
export function diskQueueDirectory(path: string): QueueDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return {
    list: () => readdirSync(path),
    open: (name) => new DiskFile(join(path, name)),
    remove: (name) => rmSync(join(path, name), { force: true }),
    rename: (from, to) => renameSync(join(path, from), join(path, to)),
  }
}

class DiskFile implements QueueFile {
  readonly #fd: number
  #sizeBytes: number

  constructor(path: string) {
    this.#fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
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

  write(bytes: Uint8Array, position: number): void {
    let done = 0
    while (done < bytes.length) done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done)
    this.#sizeBytes = Math.max(this.#sizeBytes, position + bytes.length)
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.#fd, sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  close(): void {
    closeSync(this.#fd)
  }
}
