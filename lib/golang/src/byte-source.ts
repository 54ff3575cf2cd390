import { GolangError } from './error.ts'

/**
 * Bytes that are read where they are needed: a file, a process's `/proc/PID/exe`, an array.
 *
 * `read` gives exactly `length` bytes or fewer where the source ends; what it returns is not written to.
 */
export interface ByteSource {
  readonly byteLength: number
  read(offset: number, length: number): Uint8Array
}

/** No table of any binary is read in larger pieces; the largest we know have 60 MB. */
const READ_BYTES_MAX = 256 << 20

/** An array as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    byteLength: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  }
}

/**
 * Exactly these bytes, as a plain Uint8Array.
 *
 * @throws {GolangError} `read` where the source is shorter or fails, `limit` for more than 256 MiB
 */
export function readBytes(source: ByteSource, offset: number, length: number): Uint8Array {
  const end = offset + length
  if (!Number.isSafeInteger(offset) || !(length >= 0) || offset < 0 || !(end <= source.byteLength))
    throw new GolangError('read', `at byte ${offset}: ${length} bytes wanted of ${source.byteLength}`)
  if (length > READ_BYTES_MAX)
    throw new GolangError('limit', `at byte ${offset}: ${length} bytes wanted, at most ${READ_BYTES_MAX}`)
  let bytes
  try {
    bytes = source.read(offset, length)
  } catch (error) {
    throw GolangError.from(error, 'read')
  }
  if (bytes.length < length)
    throw new GolangError('read', `at byte ${offset}: ${length} bytes wanted, ${bytes.length} read`)
  const isExact = bytes.length === length && bytes.constructor === Uint8Array
  return isExact ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, length)
}
