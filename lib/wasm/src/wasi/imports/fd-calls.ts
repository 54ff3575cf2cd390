import { FdFlag, FileType, RIGHTS } from '../abi.ts'
import type { Descriptor, OpenFile } from '../descriptor.ts'
import { fail } from '../errno.ts'
import type { FileStat } from '../fs/file-system.ts'
import type { GuestProcess } from '../process.ts'
import { offsetOf, type Call } from './call.ts'
import { timesOf, writeFilestat } from './filestat.ts'

const FD_FLAGS_ALL = FdFlag.APPEND | FdFlag.DSYNC | FdFlag.NONBLOCK | FdFlag.RSYNC | FdFlag.SYNC
const ADVICE_MAX = 5

/** What is done with descriptors, apart from moving bytes and listing directories. */
export function fdCalls(guest: GuestProcess) {
  const { descriptors } = guest

  const file = (fd: number): OpenFile => {
    const descriptor = descriptors.get(fd)
    return descriptor.kind === 'file' ? descriptor : fail('BADF')
  }

  /** What has a position: SPIPE for streams, which have none. */
  const positioned = (fd: number): OpenFile => {
    const descriptor = descriptors.get(fd)
    return descriptor.kind === 'file' || descriptor.kind === 'directory' ? file(fd) : fail('SPIPE')
  }

  const preopenPath = (fd: number, otherwise: 'BADF' | 'NOTDIR'): Uint8Array => {
    const directory = descriptors.get(fd)
    if (directory.kind !== 'directory' || directory.preopenPath === undefined) return fail(otherwise)
    return Buffer.from(directory.preopenPath)
  }

  return {
    fd_advise: (fd, _offset, length, advice) => {
      file(fd)
      // Wherever it begins, as posix_fadvise has it; a hint is all that it is.
      if (advice >>> 0 > ADVICE_MAX || length < 0n) fail('INVAL')
    },
    // Node has no fallocate, and a file that only seems to have its blocks would be a lie.
    fd_allocate: (fd) => {
      file(fd)
      fail('NOTSUP')
    },
    fd_close: (fd) => descriptors.close(fd),
    fd_datasync: (fd) => sync(descriptors.get(fd)),
    fd_sync: (fd) => sync(descriptors.get(fd)),
    fd_fdstat_get: (fd, pointer) => {
      const descriptor = descriptors.get(fd)
      const { memory } = guest
      const at = pointer >>> 0
      memory.bytes(at, 24).fill(0)
      memory.setU8(at, typeOf(descriptor))
      memory.setU16(at + 2, descriptor.flags)
      memory.setU64(at + 8, rightsOf(descriptor))
      if (descriptor.kind === 'directory')
        memory.setU64(at + 16, RIGHTS.directory | RIGHTS.file | RIGHTS.fileWrite | 2n)
    },
    fd_fdstat_set_flags: (fd, flags) => {
      const descriptor = descriptors.get(fd)
      if ((flags & ~FD_FLAGS_ALL) !== 0) fail('INVAL')
      if (descriptor.kind === 'directory') fail('BADF')
      if (descriptor.kind === 'file') descriptor.handle.setAppending((flags & FdFlag.APPEND) !== 0)
      descriptor.flags = flags
    },
    // Rights are what a descriptor was opened for; wasmtime refuses to change them too.
    fd_fdstat_set_rights: (fd) => {
      const { kind } = descriptors.get(fd)
      fail(kind === 'file' || kind === 'directory' ? 'NOTSUP' : 'BADF')
    },
    fd_filestat_get: (fd, pointer) => {
      writeFilestat(guest.memory, pointer, statOf(descriptors.get(fd)))
    },
    fd_filestat_set_size: (fd, size) => {
      const { handle, isWritable } = file(fd)
      if (!isWritable) fail('INVAL')
      handle.setSize(offsetOf(size, 'FBIG'))
    },
    fd_filestat_set_times: (fd, accessedAt, modifiedAt, flags) => {
      const descriptor = descriptors.get(fd)
      const times = timesOf(guest, accessedAt, modifiedAt, flags)
      if (descriptor.kind === 'directory') {
        if (descriptor.isReadOnly) fail('ROFS')
      } else if (descriptor.kind === 'file') {
        if (descriptor.isReadOnly) fail('ROFS')
      } else return fail('BADF')
      descriptor.handle.setTimes(times)
    },
    fd_prestat_get: (fd, pointer) => {
      // wasi-libc looks for directories until BADF.
      const path = preopenPath(fd, 'BADF')
      // Tag 0: a directory.
      guest.memory.bytes(pointer, 8).fill(0)
      guest.memory.setU32((pointer >>> 0) + 4, path.length)
    },
    fd_prestat_dir_name: (fd, pointer, length) => {
      const path = preopenPath(fd, 'NOTDIR')
      if (path.length > length >>> 0) fail('NAMETOOLONG')
      guest.memory.fill(pointer, length, path)
    },
    fd_renumber: (from, to) => descriptors.renumber(from, to),
    fd_seek: (fd, delta, whence, pointer) => {
      const opened = positioned(fd)
      guest.memory.u64(pointer)
      if (whence !== 0 && whence !== 1 && whence !== 2) fail('INVAL')
      const from = whence === 0 ? 0n : whence === 1 ? BigInt(opened.offset) : opened.handle.stat().size
      opened.offset = offsetOf(from + delta)
      guest.memory.setU64(pointer, BigInt(opened.offset))
    },
    fd_tell: (fd, pointer) => {
      guest.memory.setU64(pointer, BigInt(positioned(fd).offset))
    },
  } satisfies Record<string, Call>
}

function sync(descriptor: Descriptor): void {
  if (descriptor.kind === 'file' || descriptor.kind === 'directory') descriptor.handle.sync()
  else fail('BADF')
}

function statOf(descriptor: Descriptor): FileStat {
  if (descriptor.kind === 'file' || descriptor.kind === 'directory') return descriptor.handle.stat()
  return {
    device: 0n,
    inode: 0n,
    type: typeOf(descriptor),
    linkCount: 0n,
    size: 0n,
    accessedAt: 0n,
    modifiedAt: 0n,
    changedAt: 0n,
  }
}

function typeOf(descriptor: Descriptor): FileType {
  if (descriptor.kind === 'file') return descriptor.handle.stat().type
  if (descriptor.kind === 'directory') return FileType.DIRECTORY
  if (descriptor.kind === 'stream')
    return descriptor.isTerminal ? FileType.CHARACTER_DEVICE : FileType.UNKNOWN
  return FileType.SOCKET_STREAM
}

function rightsOf(descriptor: Descriptor): bigint {
  if (descriptor.kind === 'directory') return RIGHTS.directory
  if (descriptor.kind === 'listener') return RIGHTS.listener
  if (descriptor.kind === 'connection') return RIGHTS.socket
  if (descriptor.kind === 'stream') {
    // wasi-libc takes something for a terminal that can neither seek nor tell.
    const read = descriptor.input === undefined ? 0n : 2n
    const write = descriptor.output === undefined ? 0n : 1n << 6n
    return (RIGHTS.stream & ~(2n | (1n << 6n))) | read | write
  }
  return RIGHTS.file | (descriptor.isReadable ? 2n : 0n) | (descriptor.isWritable ? RIGHTS.fileWrite : 0n)
}
