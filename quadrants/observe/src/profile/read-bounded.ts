import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 1 << 16

/**
 * The first bytes of a file that may have no size of its own, as those of /proc; undefined where it cannot be read or
 * is no regular file. Never waits for a pipe, and follows no link at the path's end.
 */
export function readBounded(path: string, bytesMax: number): Uint8Array | undefined {
  let fd
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch {
    return undefined
  }
  try {
    if (!fstatSync(fd).isFile()) return undefined
    let bytes = new Uint8Array(CHUNK_BYTES)
    let length = 0
    for (;;) {
      if (length === bytes.length) {
        if (length >= bytesMax) break
        const larger = new Uint8Array(Math.min(length * 2, bytesMax))
        larger.set(bytes)
        bytes = larger
      }
      const read = readSync(fd, bytes, length, bytes.length - length, null)
      if (read === 0) break
      length += read
    }
    return bytes.subarray(0, length)
  } catch {
    // The process has ended meanwhile.
    return undefined
  } finally {
    closeSync(fd)
  }
}
