import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  statSync,
  type BigIntStats,
} from 'node:fs'
import type { ByteSource } from '@quadrant/golang'

/** Tells a file from every other, and from what it was before it was written anew: device, inode, size and mtime. */
export type ExeKey = string & { readonly brand?: 'ExeKey' }

/** The very file that a process runs, held open: also when its path names another file by now, or none. */
export interface ExeFile extends Disposable {
  readonly fd: number
  readonly key: ExeKey
  /** As the process sees it. */
  readonly path: string
  readonly source: ByteSource
}

/**
 * Why there is no file: `none` for threads of the kernel and for processes that have ended, `hidden` where we may not
 * look.
 */
export type NoExe = 'none' | 'hidden'

/** Opens what a process runs through `/proc/PID/exe`, which needs no path and so no mount namespace. */
export function openExe(procRoot: string, pid: number): ExeFile | NoExe {
  const link = `${procRoot}/${pid}/exe`
  let fd
  try {
    // What an executable is replaced by, or what a test's /proc has there, must not make us wait.
    fd = openSync(link, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return noExe(error)
  }
  try {
    const stats = fstatSync(fd, { bigint: true })
    if (!stats.isFile()) throw new Error('not a file')
    return {
      fd,
      key: keyOf(stats),
      path: readlinkSync(link).replace(/ \(deleted\)$/, ''),
      source: fileSource(fd, Number(stats.size)),
      [Symbol.dispose]: () => closeSync(fd),
    }
  } catch {
    closeSync(fd)
    return 'none'
  }
}

/** What a process runs now, without opening it. */
export function exeKey(procRoot: string, pid: number): ExeKey | NoExe {
  try {
    return keyOf(statSync(`${procRoot}/${pid}/exe`, { bigint: true }))
  } catch (error) {
    return noExe(error)
  }
}

function noExe(error: unknown): NoExe {
  const { code } = error as { readonly code?: unknown }
  return code === 'EACCES' || code === 'EPERM' ? 'hidden' : 'none'
}

function keyOf({ dev, ino, size, mtimeNs }: BigIntStats): ExeKey {
  return `${dev}:${ino}:${size}:${mtimeNs}`
}

/** An open file as a source. */
export function fileSource(fd: number, byteLength: number): ByteSource {
  return {
    byteLength,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
    },
  }
}
