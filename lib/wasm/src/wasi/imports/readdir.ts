import { FileType } from '../abi.ts'
import type { OpenDirectory } from '../descriptor.ts'
import { fail } from '../errno.ts'
import type { GuestProcess } from '../process.ts'
import type { Call } from './call.ts'

/** More names than one directory may have: they are held while it is read. */
const NAMES_MAX = 1 << 18
const HEADER_BYTES = 24

interface Entry {
  readonly name: Uint8Array
  readonly inode: bigint
  readonly type: FileType
}

/** fd_readdir. What is listed is what was there when reading began (cookie 0). */
export function readdirCalls(guest: GuestProcess) {
  return {
    fd_readdir: (fd, pointer, length, cookie, resultPointer) => {
      const directory = guest.descriptors.get(fd)
      if (directory.kind !== 'directory') return fail('BADF')
      guest.memory.u32(resultPointer)
      const target = guest.memory.bytes(pointer, length)
      if (cookie === 0n || directory.names === undefined) directory.names = directory.handle.names(NAMES_MAX)
      let used = 0
      for (
        let index = BigInt.asUintN(64, cookie);
        index < BigInt(directory.names.length + 2) && used < target.length;
        index++
      ) {
        const entry = entryAt(directory, Number(index))
        if (entry === undefined) continue
        const record = recordOf(entry, index + 1n)
        // The last one is cut off: the guest sees that the buffer is full, and comes again.
        const part = record.subarray(0, target.length - used)
        target.set(part, used)
        used += part.length
      }
      guest.memory.setU32(resultPointer, used)
    },
  } satisfies Record<string, Call>
}

/** Undefined for what has gone since. */
function entryAt({ handle, names }: OpenDirectory, index: number): Entry | undefined {
  if (index === 0) return { name: Buffer.from('.'), inode: handle.stat().inode, type: FileType.DIRECTORY }
  // What is above a directory is not the guest's to know.
  if (index === 1) return { name: Buffer.from('..'), inode: 0n, type: FileType.DIRECTORY }
  const name = names?.[index - 2] ?? fail('INVAL')
  try {
    const { inode, type } = handle.statAt(name)
    return { name: Buffer.from(name), inode, type }
  } catch {
    return undefined
  }
}

/**
 * ```
 * 0     8      16          20    24
 * next  inode  nameLength  type  name
 * ```
 */
function recordOf({ name, inode, type }: Entry, next: bigint): Uint8Array {
  const record = new Uint8Array(HEADER_BYTES + name.length)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, next, true)
  view.setBigUint64(8, inode, true)
  view.setUint32(16, name.length, true)
  view.setUint8(20, type)
  record.set(name, HEADER_BYTES)
  return record
}
