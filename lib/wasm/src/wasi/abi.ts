/** Numbers of WASI preview 1, named as in its witx. */

export const FileType = {
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const
export type FileType = (typeof FileType)[keyof typeof FileType]

export const FdFlag = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const
export const OpenFlag = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const
export const LookupFlag = { SYMLINK_FOLLOW: 1 } as const
export const FstFlag = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const
export const EventType = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const
export const Clock = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME: 2, THREAD_CPUTIME: 3 } as const

/** Bits of `rights`, of those that this host looks at or tells. */
export const Right = {
  FD_READ: 1n << 1n,
  FD_WRITE: 1n << 6n,
} as const

/** What can be done with each kind of descriptor, as bits of `rights`. */
export const RIGHTS = {
  /** fd_datasync, seek, fdstat_set_flags, sync, tell, advise, filestat_get, filestat_set_times, poll. */
  file: bits([0, 2, 3, 4, 5, 7, 21, 23, 27]),
  /** What a writable file has besides: write, allocate, filestat_set_size. */
  fileWrite: bits([6, 8, 22]),
  /** All of path_*, readdir, and sync and filestat of the directory itself. */
  directory: bits([0, 3, 4, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26]),
  /** Streams: read, write, fdstat_set_flags, filestat_get, poll. */
  stream: bits([1, 3, 6, 21, 27]),
  /** Connections: those of a stream and sock_shutdown; listeners: sock_accept. */
  socket: bits([1, 3, 6, 21, 27, 28]),
  listener: bits([1, 3, 21, 27, 29]),
} as const

function bits(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, one) => sum | (1n << BigInt(one)), 0n)
}
