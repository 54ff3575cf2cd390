import { FdFlag, OpenFlag, Right } from '../abi.ts'
import type { Descriptor, OpenDirectory } from '../descriptor.ts'
import { Errno, fail, WasiError } from '../errno.ts'
import { saysDirectory, walk, type Place } from '../fs/walk.ts'
import type { GuestProcess } from '../process.ts'
import type { Call } from './call.ts'
import { directoryOf, exists, isSymlinkFollowed } from './path-calls.ts'

interface Wanted {
  readonly isReadable: boolean
  readonly isWritable: boolean
  readonly openFlags: number
  readonly fdFlags: number
}

/** path_open. */
export function pathOpenCalls(guest: GuestProcess) {
  const { descriptors } = guest
  return {
    path_open: (fd, lookup, pointer, length, openFlags, rights, _inheriting, fdFlags, resultPointer) => {
      const directory = directoryOf(descriptors.get(fd))
      const path = guest.memory.text(pointer, length)
      guest.memory.u32(resultPointer)
      if ((openFlags & ~15) !== 0 || (fdFlags & ~31) !== 0) fail('INVAL')
      descriptors.check()
      const isReadable = (rights & Right.FD_READ) !== 0n
      const isWritable = (rights & Right.FD_WRITE) !== 0n
      const wanted = { isReadable, isWritable, openFlags, fdFlags }
      // What is made exclusively is not what a link leads to (open(2), O_EXCL).
      const isExclusive = (openFlags & (OpenFlag.CREAT | OpenFlag.EXCL)) === (OpenFlag.CREAT | OpenFlag.EXCL)
      const isFollowed = (isSymlinkFollowed(lookup) || saysDirectory(path)) && !isExclusive
      const opened = walk(directory.handle, path, isFollowed, (place) => open(directory, place, wanted))
      guest.memory.setU32(resultPointer, descriptors.add(opened))
    },
  } satisfies Record<string, Call>
}

function open(from: OpenDirectory, place: Place, wanted: Wanted): Descriptor {
  const { isReadOnly } = from
  const has = (flag: number) => (wanted.openFlags & flag) !== 0
  const { directory, name } = place
  const asDirectory = (): Descriptor => {
    if (has(OpenFlag.CREAT)) fail('ISDIR')
    const handle = directory.openDirectory(name)
    if (!wanted.isWritable && !has(OpenFlag.TRUNC)) return { kind: 'directory', handle, isReadOnly, flags: 0 }
    handle.close()
    return fail('ISDIR')
  }
  const isNew = OpenFlag.CREAT | OpenFlag.EXCL | OpenFlag.TRUNC
  if (has(OpenFlag.DIRECTORY) && has(isNew)) fail('INVAL')
  if (has(OpenFlag.DIRECTORY) || place.isDirectoryWanted || name === undefined) return asDirectory()
  if (isReadOnly && (wanted.isWritable || has(OpenFlag.TRUNC))) fail('ROFS')
  if (isReadOnly && has(OpenFlag.CREAT) && (!exists(place) || has(OpenFlag.EXCL)))
    fail(exists(place) ? 'EXIST' : 'ROFS')
  try {
    const handle = directory.openFile(name, {
      read: wanted.isReadable,
      write: wanted.isWritable,
      create: has(OpenFlag.CREAT) && !isReadOnly,
      exclusive: has(OpenFlag.EXCL),
      truncate: has(OpenFlag.TRUNC),
      append: (wanted.fdFlags & FdFlag.APPEND) !== 0,
    })
    const { isReadable, isWritable, fdFlags } = wanted
    return { kind: 'file', handle, isReadable, isWritable, isReadOnly, offset: 0, flags: fdFlags }
  } catch (error) {
    if (!(error instanceof WasiError) || error.errno !== Errno.ISDIR || wanted.isWritable) throw error
    return asDirectory()
  }
}
