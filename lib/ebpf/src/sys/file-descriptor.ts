import { cString } from './c-string.ts'
import { addressOf } from './libc.ts'
import { call } from './syscall.ts'

const AT_FDCWD = -100
const O_CLOEXEC = 0o2000000
const F_SETFD = 2

/** Opens a file close-on-exec, read-only unless other `flags` are given. @throws {EbpfError} */
export function openFile(path: string, flags = 0): number {
  const name = cString(path)
  return call('openat', [AT_FDCWD, addressOf(name), flags | O_CLOEXEC, 0], `open ${path}`)
}

export function closeFd(fd: number): void {
  call('close', [fd])
}

/** Leaves the descriptor open in what this process executes. */
export function keepAcrossExec(fd: number): void {
  call('fcntl', [fd, F_SETFD, 0])
}

/** Bytes read, 0 at the end. @throws {EbpfError} */
export function readFd(fd: number, into: Uint8Array): number {
  return call('read', [fd, addressOf(into), into.byteLength])
}

/** Bytes written. @throws {EbpfError} */
export function writeFd(fd: number, bytes: Uint8Array): number {
  return call('write', [fd, addressOf(bytes), bytes.byteLength])
}
