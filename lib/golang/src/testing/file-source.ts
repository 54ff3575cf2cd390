import { fstatSync, readSync } from 'node:fs'
import type { ByteSource } from '../byte-source.ts'

/** An open file as a source. */
export function fileSource(fd: number): ByteSource {
  return {
    byteLength: fstatSync(fd).size,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      const readBytes = readSync(fd, bytes, 0, length, offset)
      return bytes.subarray(0, readBytes)
    },
  }
}
