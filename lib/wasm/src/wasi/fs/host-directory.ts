import fs from 'node:fs'
import { WasmError } from '../../error.ts'
import { FileType } from '../abi.ts'
import { fail } from '../errno.ts'
import type { DirectoryHandle, FileHandle, FileStat, FileTimes, OpenOptions } from './file-system.ts'
import { HostFile } from './host-file.ts'
import { statOf, timesToSet } from './host-stat.ts'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND } = fs.constants
/** Node does not name it; the same number on x86-64 and arm64 (include/uapi/asm-generic/fcntl.h). */
const O_PATH = 0o10000000

/** null, zero, full, random and urandom (Documentation/admin-guide/devices.txt): major 1. */
const HARMLESS_DEVICES: ReadonlySet<number> = new Set([0x103, 0x105, 0x107, 0x108, 0x109])

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A directory of a Linux host, as a descriptor. What is in it is reached by `/proc/self/fd/N/name`, which the kernel
 * resolves from the open directory as `openat` does, never by a path of the host: so it stays the same directory
 * whatever is renamed. The last component is never followed.
 */
export class HostDirectory implements DirectoryHandle {
  readonly kind = 'directory'
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  #path(name: string): string {
    // `walk` gives none of these. This is the last line before the host.
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) fail('INVAL')
    return `/proc/self/fd/${this.#fd}/${name}`
  }

  stat(): FileStat {
    return statOf(fs.fstatSync(this.#fd, { bigint: true }))
  }

  statAt(name: string): FileStat {
    return statOf(fs.lstatSync(this.#path(name), { bigint: true }))
  }

  linkAt(name: string): string | undefined {
    const path = this.#path(name)
    // Few components are links, and readlink throws for all others, which takes longer than all the rest of a walk.
    if (fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined
    try {
      return utf8.decode(fs.readlinkSync(path, { encoding: 'buffer' }))
    } catch (error) {
      if (
        error instanceof TypeError &&
        (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      )
        return fail('ILSEQ')
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EINVAL' || code === 'ENOENT') return undefined
      throw error
    }
  }

  #isLink(name: string): boolean {
    try {
      return fs.lstatSync(this.#path(name)).isSymbolicLink()
    } catch {
      return false
    }
  }

  openDirectory(name: string | undefined): DirectoryHandle {
    const path = name === undefined ? `/proc/self/fd/${this.#fd}` : this.#path(name)
    const noFollow = name === undefined ? 0 : O_NOFOLLOW
    try {
      return new HostDirectory(fs.openSync(path, O_PATH | O_DIRECTORY | noFollow))
    } catch (error) {
      // With O_DIRECTORY Linux says ENOTDIR of a symbolic link, where it says ELOOP without.
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR' && name !== undefined && this.#isLink(name))
        fail('LOOP')
      throw error
    }
  }

  openFile(name: string, options: OpenOptions): FileHandle {
    const { read, write, create, exclusive, truncate, append } = options
    const isWriting = write || truncate
    const access = isWriting ? (read ? fs.constants.O_RDWR : fs.constants.O_WRONLY) : fs.constants.O_RDONLY
    const flags =
      access |
      (create ? O_CREAT : 0) |
      (create && exclusive ? O_EXCL : 0) |
      (truncate ? O_TRUNC : 0) |
      (append ? O_APPEND : 0)
    // A FIFO or a device must not hold up the whole host.
    const fd = fs.openSync(this.#path(name), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o666)
    try {
      const stat = fs.fstatSync(fd)
      if (stat.isDirectory()) fail('ISDIR')
      // What is not a file may block for ever, or do anything at all.
      if (!stat.isFile() && !(stat.isCharacterDevice() && HARMLESS_DEVICES.has(stat.rdev))) fail('NOTSUP')
      return new HostFile(fd, flags & ~(O_CREAT | O_EXCL | O_TRUNC))
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
  }

  makeDirectory(name: string): void {
    fs.mkdirSync(this.#path(name), 0o777)
  }

  removeDirectory(name: string): void {
    fs.rmdirSync(this.#path(name))
  }

  unlink(name: string): void {
    try {
      fs.unlinkSync(this.#path(name))
    } catch (error) {
      // POSIX has EPERM for directories, Linux EISDIR; a file of somebody else's is EPERM too.
      if ((error as NodeJS.ErrnoException).code === 'EPERM' && this.statAt(name).type === FileType.DIRECTORY)
        fail('ISDIR')
      throw error
    }
  }

  symlink(target: string, name: string): void {
    fs.symlinkSync(target, this.#path(name))
  }

  rename(name: string, to: DirectoryHandle, toName: string): void {
    fs.renameSync(this.#path(name), sameHost(to).#path(toName))
  }

  link(name: string, to: DirectoryHandle, toName: string): void {
    fs.linkSync(this.#path(name), sameHost(to).#path(toName))
  }

  setTimes(times: FileTimes): void {
    // An O_PATH descriptor has no futimes; the magic link leads to the directory itself.
    fs.utimesSync(`/proc/self/fd/${this.#fd}`, ...timesToSet(times))
  }

  setTimesAt(name: string, times: FileTimes): void {
    fs.lutimesSync(this.#path(name), ...timesToSet(times))
  }

  names(countMax: number): readonly string[] {
    const names: string[] = []
    using directory = fs.opendirSync(`/proc/self/fd/${this.#fd}`, {
      encoding: 'buffer' as BufferEncoding,
      bufferSize: 256,
    })
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (names.length >= countMax) fail('OVERFLOW')
      try {
        names.push(utf8.decode(entry.name as unknown as Buffer))
      } catch {
        // Preview 1 has no way to say a name that is no UTF-8.
      }
    }
    return names
  }

  sync(): void {
    const fd = fs.openSync(`/proc/self/fd/${this.#fd}`, O_DIRECTORY)
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}

function sameHost(other: DirectoryHandle): HostDirectory {
  return other instanceof HostDirectory ? other : fail('XDEV')
}

/**
 * Opens a directory of the host by its path, for a guest to start with. Linux with /proc only.
 *
 * @throws {WasmError} `option` where it cannot be opened, with the system's error as `cause`
 */
export function hostDirectory(path: string): DirectoryHandle {
  try {
    return new HostDirectory(fs.openSync(path, O_PATH | O_DIRECTORY))
  } catch (error) {
    throw WasmError.from(error, 'option')
  }
}
