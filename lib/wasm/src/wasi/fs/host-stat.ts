import type { BigIntStats, TimeLike } from 'node:fs'
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

/** Libuv leaves a time alone that is no number (UV_FS_UTIME_OMIT), and Node hands none on but as a date. */
const UNCHANGED = new Date(NaN)

/** Access and modification as Node sets them: with a precision of about a quarter of a microsecond. */
export function timesToSet({ accessedAt, modifiedAt }: FileTimes): [TimeLike, TimeLike] {
  return [
    accessedAt === undefined ? UNCHANGED : seconds(accessedAt),
    modifiedAt === undefined ? UNCHANGED : seconds(modifiedAt),
  ]
}

/** As a text, since Node takes a negative number for the present. Before 1970 a guest's number is beyond 2 ** 63. */
function seconds(nanoseconds: bigint): string {
  const signed = BigInt.asIntN(64, nanoseconds)
  const whole = signed / 1_000_000_000n
  return String(Number(whole) + Number(signed - whole * 1_000_000_000n) / 1e9)
}
