import fs from 'node:fs'
import type { FileHandle, FileStat, FileTimes } from './file-system.ts'
import { statOf, timesToSet } from './host-stat.ts'

/** A regular file of the host. */
export class HostFile implements FileHandle {
  readonly kind = 'file'
  #fd: number
  /** What open(2) was told, without what concerns opening alone. */
  #flags: number

  constructor(fd: number, flags: number) {
    this.#fd = fd
    this.#flags = flags
  }

  stat(): FileStat {
    return statOf(fs.fstatSync(this.#fd, { bigint: true }))
  }

  read(into: Uint8Array, offset: number): number {
    return fs.readSync(this.#fd, into, 0, into.length, offset)
  }

  write(bytes: Uint8Array, offset: number): number {
    return fs.writeSync(this.#fd, bytes, 0, bytes.length, offset)
  }

  setSize(size: number): void {
    fs.ftruncateSync(this.#fd, size)
  }

  setAppending(isAppending: boolean): void {
    const flags = isAppending ? this.#flags | fs.constants.O_APPEND : this.#flags & ~fs.constants.O_APPEND
    if (flags === this.#flags) return
    // The same file once more, also where it has no name any more: flags of a descriptor are set by fcntl alone.
    const fd = fs.openSync(`/proc/self/fd/${this.#fd}`, flags)
    fs.closeSync(this.#fd)
    this.#fd = fd
    this.#flags = flags
  }

  setTimes(times: FileTimes): void {
    fs.futimesSync(this.#fd, ...timesToSet(times))
  }

  sync(): void {
    fs.fsyncSync(this.#fd)
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}
