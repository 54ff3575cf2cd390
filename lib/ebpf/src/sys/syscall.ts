import { EbpfError } from '../error.ts'
import { addressOf, errno, syscall3, syscall6 } from './libc.ts'

/** System call numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
const NUMBERS = {
  x64: {
    read: 0,
    close: 3,
    mmap: 9,
    munmap: 11,
    madvise: 28,
    ioctl: 16,
    socket: 41,
    connect: 42,
    bind: 49,
    getsockname: 51,
    setsockopt: 54,
    getsockopt: 55,
    fcntl: 72,
    execve: 59,
    capget: 125,
    capset: 126,
    sched_setscheduler: 144,
    prctl: 157,
    epoll_ctl: 233,
    openat: 257,
    epoll_pwait: 281,
    eventfd2: 290,
    epoll_create1: 291,
    perf_event_open: 298,
    setns: 308,
    memfd_create: 319,
    write: 1,
    bpf: 321,
  },
  arm64: {
    read: 63,
    close: 57,
    mmap: 222,
    munmap: 215,
    madvise: 233,
    ioctl: 29,
    socket: 198,
    bind: 200,
    connect: 203,
    getsockname: 204,
    setsockopt: 208,
    getsockopt: 209,
    fcntl: 25,
    execve: 221,
    capget: 90,
    capset: 91,
    sched_setscheduler: 119,
    prctl: 167,
    epoll_ctl: 21,
    openat: 56,
    epoll_pwait: 22,
    eventfd2: 19,
    epoll_create1: 20,
    perf_event_open: 241,
    setns: 268,
    memfd_create: 279,
    write: 64,
    bpf: 280,
  },
} as const

/** A system call that this package makes. */
export type SyscallName = keyof (typeof NUMBERS)['x64']

/** The numbers of this machine. Elsewhere x64's stand in: `syscall3` refuses to work there anyway. */
export const SYSCALL: Readonly<Record<SyscallName, number>> =
  process.arch === 'arm64' ? NUMBERS.arm64 : NUMBERS.x64

const EINTR = 4

/** A number, or memory by its address: null for an empty view. */
export type SyscallArgument = number | ArrayBufferView

/**
 * Calls the kernel and returns its result. Views among the arguments stay reachable until the call is over, which
 * addresses taken by the caller would not.
 *
 * @param doing what for, put before the error's message
 * @throws {EbpfError} with the error number; an interrupted call is made again
 */
export function call(name: SyscallName, args: readonly SyscallArgument[], doing?: string): number {
  for (;;) {
    // Within the loop: that `args` may be needed once more is what keeps the views.
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map(wordOf)
    const result =
      args.length <= 3 ? syscall3(SYSCALL[name], a, b, c) : syscall6(SYSCALL[name], a, b, c, d, e, f)
    if (result !== -1) return result
    const error = errno()
    if (error !== EINTR) throw EbpfError.fromErrno(error, name, doing)
  }
}

function wordOf(argument: SyscallArgument): number {
  return typeof argument === 'number' ? argument : addressOf(argument)
}
