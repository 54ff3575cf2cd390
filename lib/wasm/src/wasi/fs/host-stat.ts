import type { BigIntStats } from 'node:fs'
import { FileType } from '../abi.ts'
import type { FileStat, FileTimes } from './file-system.ts'

const KIND = 0o170000n
const TYPES = new Map<bigint, FileType>([
  [0o060000n, FileType.BLOCK_DEVICE],
  [0o020000n, FileType.CHARACTER_DEVICE],
  [0o040000n, FileType.DIRECTORY],
  [0o100000n, FileType.REGULAR_FILE],
  [0o120000n, FileType.SYMBOLIC_LINK],
  [0o140000n, FileType.SOCKET_STREAM],
])

export function statOf(stats: BigIntStats): FileStat {
  return {
    device: stats.dev,
    inode: stats.ino,
    type: TYPES.get(stats.mode & KIND) ?? FileType.UNKNOWN,
    linkCount: stats.nlink,
    size: stats.size,
    // Before 1970 a time is negative, which the guest's unsigned number is not.
    accessedAt: BigInt.asUintN(64, stats.atimeNs),
    modifiedAt: BigInt.asUintN(64, stats.mtimeNs),
    changedAt: BigInt.asUintN(64, stats.ctimeNs),
  }
}

/** Access and modification in seconds, as Node sets them: with a precision of about a quarter of a microsecond. */
export function timesToSet({ accessedAt, modifiedAt }: FileTimes, stat: FileStat): [number, number] {
  return [seconds(accessedAt ?? stat.accessedAt), seconds(modifiedAt ?? stat.modifiedAt)]
}

function seconds(nanoseconds: bigint): number {
  const whole = nanoseconds / 1_000_000_000n
  return Number(whole) + Number(nanoseconds - whole * 1_000_000_000n) / 1e9
}
