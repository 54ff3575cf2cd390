import { FstFlag } from '../abi.ts'
import { fail } from '../errno.ts'
import type { FileStat, FileTimes } from '../fs/file-system.ts'
import type { GuestMemory } from '../guest-memory.ts'
import type { GuestProcess } from '../process.ts'

/**
 * ```
 * 0      8      16    24         32    40    48    56    64
 * device inode  type  linkCount  size  atim  mtim  ctim
 * ```
 */
export function writeFilestat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  const at = pointer >>> 0
  // All of it or nothing.
  memory.bytes(at, 64).fill(0)
  memory.setU64(at, stat.device)
  memory.setU64(at + 8, stat.inode)
  memory.setU8(at + 16, stat.type)
  memory.setU64(at + 24, stat.linkCount)
  memory.setU64(at + 32, stat.size)
  memory.setU64(at + 40, stat.accessedAt)
  memory.setU64(at + 48, stat.modifiedAt)
  memory.setU64(at + 56, stat.changedAt)
}

/** INVAL for flags that are not there, or that say two things of one time. */
export function timesOf(
  guest: GuestProcess,
  accessedAt: bigint,
  modifiedAt: bigint,
  flags: number,
): FileTimes {
  const one = (value: bigint, set: number, setNow: number): bigint | undefined => {
    if ((flags & set) !== 0 && (flags & setNow) !== 0) fail('INVAL')
    if ((flags & setNow) !== 0) return guest.surroundings.realtime()
    return (flags & set) !== 0 ? BigInt.asUintN(64, value) : undefined
  }
  if ((flags & ~15) !== 0) fail('INVAL')
  return {
    accessedAt: one(accessedAt, FstFlag.ATIM, FstFlag.ATIM_NOW),
    modifiedAt: one(modifiedAt, FstFlag.MTIM, FstFlag.MTIM_NOW),
  }
}
