import { deflateSync, inflateSync } from 'node:zlib'
import { Result } from '@quadrant/wasm/proxy-wasm'
import type { Bounded } from './foreign-limits.ts'

/**
 * `compress` of zlib (RFC 1950), of and to bytes as they are.
 *
 * @returns the number where they are more than the limit
 */
export function compress(bytes: Uint8Array, { limits, refused }: Bounded): Uint8Array | Result {
  if (bytes.length <= limits.compressedBytesMax) return deflateSync(bytes)
  refused()
  return Result.SERIALIZATION_FAILURE
}

/** @returns the number where the bytes are not zlib, or where there is more in them than the limit */
export function uncompress(bytes: Uint8Array, { limits, refused }: Bounded): Uint8Array | Result {
  try {
    return inflateSync(bytes, { maxOutputLength: limits.uncompressedBytesMax })
  } catch (error) {
    if (error instanceof RangeError) refused()
    return Result.SERIALIZATION_FAILURE
  }
}
