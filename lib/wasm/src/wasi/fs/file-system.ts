import type { FileType } from '../abi.ts'

/** What `filestat` tells. Times are nanoseconds of the Unix epoch. */
export interface FileStat {
  readonly device: bigint
  readonly inode: bigint
  readonly type: FileType
  readonly linkCount: bigint
  readonly size: bigint
  readonly accessedAt: bigint
  readonly modifiedAt: bigint
  readonly changedAt: bigint
}

/** Times to set; what is undefined stays as it is. */
export interface FileTimes {
  readonly accessedAt: bigint | undefined
  readonly modifiedAt: bigint | undefined
}

export interface OpenOptions {
  readonly read: boolean
  readonly write: boolean
  readonly create: boolean
  readonly exclusive: boolean
  readonly truncate: boolean
  readonly append: boolean
}

/**
 * A file that is open. Offsets are bytes, at most 2 ** 53 - 1. All methods throw `WasiError`, or a system error of Node
 * with a `code`.
 */
export interface FileHandle {
  readonly kind: 'file'
  stat(): FileStat
  /** How many bytes were read; 0 at the end. */
  read(into: Uint8Array, offset: number): number
  /** How many bytes were written. */
  write(bytes: Uint8Array, offset: number): number
  setSize(size: number): void
  /** Whether the system itself puts what is written at the end, also among several writers. */
  setAppending(isAppending: boolean): void
  setTimes(times: FileTimes): void
  sync(): void
  close(): void
}

/**
 * A directory that is open. A name is one component: never empty, `.`, `..` or with a slash, and never followed if it
 * is a symbolic link. So nothing here can leave the directory; `walk` puts paths together from it. All methods throw
 * `WasiError`, or a system error of Node with a `code`.
 */
export interface DirectoryHandle {
  readonly kind: 'directory'
  stat(): FileStat
  statAt(name: string): FileStat
  /** Where a symbolic link leads; undefined for everything else, also for nothing. */
  linkAt(name: string): string | undefined
  /** The directory of that name, or this one once more. NOTDIR or LOOP for anything else. */
  openDirectory(name: string | undefined): DirectoryHandle
  /** ISDIR for a directory, LOOP for a symbolic link. */
  openFile(name: string, options: OpenOptions): FileHandle
  makeDirectory(name: string): void
  removeDirectory(name: string): void
  unlink(name: string): void
  symlink(target: string, name: string): void
  rename(name: string, to: DirectoryHandle, toName: string): void
  link(name: string, to: DirectoryHandle, toName: string): void
  setTimes(times: FileTimes): void
  setTimesAt(name: string, times: FileTimes): void
  /** Names of what is in it, without `.` and `..`; OVERFLOW where there are more than `countMax`. */
  names(countMax: number): readonly string[]
  sync(): void
  close(): void
}
