import { EbpfError } from '../error.ts'
import { cString } from './c-string.ts'
import { errno, syscall3 } from './libc.ts'
import { call, SYSCALL } from './syscall.ts'

const AT_FDCWD = -100
const O_CLOEXEC = 0o2000000
const F_SETFD = 2
const EINTR = 4

/** Opens a file close-on-exec, read-only unless other `flags` are given. @throws {EbpfError} */
export function openFile(path: string, flags = 0): number {
  return call('openat', [AT_FDCWD, cString(path), flags | O_CLOEXEC, 0], `open ${path}`)
}

/** Gives the descriptor back. An interrupted close has closed it: again would close what another just opened. */
export function closeFd(fd: number): void {
  if (syscall3(SYSCALL.close, fd, 0, 0) !== -1) return
  const error = errno()
  if (error !== EINTR) throw EbpfError.fromErrno(error, 'close')
}

/** Leaves the descriptor open in what this process executes. */
export function keepAcrossExec(fd: number): void {
  call('fcntl', [fd, F_SETFD, 0])
}

/** Bytes read, 0 at the end. @throws {EbpfError} */
export function readFd(fd: number, into: Uint8Array): number {
  return call('read', [fd, into, into.byteLength])
}

/** Bytes written. @throws {EbpfError} */
export function writeFd(fd: number, bytes: Uint8Array): number {
  return call('write', [fd, bytes, bytes.byteLength])
}
