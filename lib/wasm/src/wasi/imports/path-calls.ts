import { FileType, LookupFlag } from '../abi.ts'
import type { Descriptor, OpenDirectory } from '../descriptor.ts'
import { fail } from '../errno.ts'
import type { FileStat } from '../fs/file-system.ts'
import { saysDirectory, walk, type Place } from '../fs/walk.ts'
import type { GuestProcess } from '../process.ts'
import type { Call } from './call.ts'
import { timesOf, writeFilestat } from './filestat.ts'

/** What is done by path, apart from opening. */
export function pathCalls(guest: GuestProcess) {
  const { descriptors } = guest

  const directory = (fd: number): OpenDirectory => directoryOf(descriptors.get(fd))

  const writable = (fd: number): OpenDirectory => {
    const descriptor = directory(fd)
    return descriptor.isReadOnly ? fail('ROFS') : descriptor
  }

  const text = (pointer: number, length: number) => guest.memory.text(pointer, length)

  return {
    path_create_directory: (fd, pointer, length) => {
      walk(writable(fd).handle, text(pointer, length), false, ({ directory, name }) => {
        directory.makeDirectory(name ?? fail('EXIST'))
      })
    },
    path_filestat_get: (fd, flags, pointer, length, resultPointer) => {
      const isFollowed = isSymlinkFollowed(flags)
      const path = text(pointer, length)
      guest.memory.bytes(resultPointer, 64)
      walk(directory(fd).handle, path, isFollowed || saysDirectory(path), (place) => {
        writeFilestat(guest.memory, resultPointer, statOf(place))
      })
    },
    path_filestat_set_times: (fd, flags, pointer, length, accessedAt, modifiedAt, timeFlags) => {
      const isFollowed = isSymlinkFollowed(flags)
      const path = text(pointer, length)
      const { handle } = writable(fd)
      const times = timesOf(guest, accessedAt, modifiedAt, timeFlags)
      walk(handle, path, isFollowed || saysDirectory(path), (place) => {
        statOf(place)
        if (place.name === undefined) place.directory.setTimes(times)
        else place.directory.setTimesAt(place.name, times)
      })
    },
    path_link: (fromFd, flags, fromPointer, fromLength, toFd, toPointer, toLength) => {
      // As wasmtime: a link to what a symbolic link names is not made.
      if (isSymlinkFollowed(flags)) fail('INVAL')
      const from = writable(fromFd).handle
      const to = writable(toFd).handle
      const toPath = text(toPointer, toLength)
      walk(from, text(fromPointer, fromLength), false, (source) => {
        statOf(source)
        walk(to, toPath, false, (target) => {
          if (target.isDirectoryWanted) fail('NOENT')
          source.directory.link(source.name ?? fail('PERM'), target.directory, target.name ?? fail('EXIST'))
        })
      })
    },
    path_readlink: (fd, pointer, length, targetPointer, targetLength, resultPointer) => {
      guest.memory.u32(resultPointer)
      const path = text(pointer, length)
      const target = walk(directory(fd).handle, path, saysDirectory(path), (place) => {
        statOf(place)
        return place.name === undefined ? undefined : place.directory.linkAt(place.name)
      })
      if (target === undefined) return fail('INVAL')
      // It names something of the host's, which the guest can neither follow nor is to know.
      if (target.startsWith('/')) fail('PERM')
      const count = guest.memory.fill(targetPointer, targetLength, Buffer.from(target))
      guest.memory.setU32(resultPointer, count)
    },
    path_remove_directory: (fd, pointer, length) => {
      const { handle } = writable(fd)
      const path = text(pointer, length)
      walk(handle, path, false, ({ directory, name }) => {
        // Nobody takes away what he stands on (rmdir(2)).
        if (name === undefined || /(^|\/)\.\/*$/.test(path)) return fail('INVAL')
        directory.removeDirectory(name)
      })
    },
    path_rename: (fromFd, fromPointer, fromLength, toFd, toPointer, toLength) => {
      const from = writable(fromFd).handle
      const to = writable(toFd).handle
      const toPath = text(toPointer, toLength)
      walk(from, text(fromPointer, fromLength), false, (source) => {
        const { type } = statOf(source)
        walk(to, toPath, false, (target) => {
          if (target.isDirectoryWanted && type !== FileType.DIRECTORY) fail('NOTDIR')
          source.directory.rename(source.name ?? fail('BUSY'), target.directory, target.name ?? fail('BUSY'))
        })
      })
    },
    path_symlink: (targetPointer, targetLength, fd, pointer, length) => {
      const target = text(targetPointer, targetLength)
      if (target === '') fail('NOENT')
      if (target.includes('\0')) fail('INVAL')
      if (target.startsWith('/')) fail('PERM')
      walk(writable(fd).handle, text(pointer, length), false, (place) => {
        if (place.isDirectoryWanted && place.name !== undefined) fail(exists(place) ? 'EXIST' : 'NOENT')
        place.directory.symlink(target, place.name ?? fail('EXIST'))
      })
    },
    path_unlink_file: (fd, pointer, length) => {
      const { handle } = writable(fd)
      const path = text(pointer, length)
      walk(handle, path, saysDirectory(path), (place) => {
        if (place.isDirectoryWanted && statOf(place).type !== FileType.DIRECTORY) fail('NOTDIR')
        place.directory.unlink(place.name ?? fail('ISDIR'))
      })
    },
  } satisfies Record<string, Call>
}

export function isSymlinkFollowed(flags: number): boolean {
  if ((flags & ~LookupFlag.SYMLINK_FOLLOW) !== 0) fail('INVAL')
  return flags !== 0
}

/** What a path begins at: NOTDIR for a file, BADF for what has no place among files. */
export function directoryOf(descriptor: Descriptor): OpenDirectory {
  if (descriptor.kind === 'directory') return descriptor
  return fail(descriptor.kind === 'file' ? 'NOTDIR' : 'BADF')
}

/** Whether there is something of that name, be it a link that leads nowhere. */
export function exists({ directory, name }: Place): boolean {
  try {
    if (name !== undefined) directory.statAt(name)
    return true
  } catch {
    return false
  }
}

/** NOENT, or NOTDIR where the path says that it is a directory and it is none. */
function statOf({ directory, name, isDirectoryWanted }: Place): FileStat {
  const stat = name === undefined ? directory.stat() : directory.statAt(name)
  if (isDirectoryWanted && stat.type !== FileType.DIRECTORY) fail('NOTDIR')
  return stat
}
