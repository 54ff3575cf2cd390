import { gunzipSync } from 'node:zlib'
import { GolangError } from '../error.ts'
import { PROFILE_BYTES_MAX } from './profile-limits.ts'

/**
 * The bytes of a profile, which is compressed as a rule.
 *
 * @throws {GolangError} `limit` above 64 MiB, compressed or not; `pprof` where the compression is broken
 */
export function inflateProfile(bytes: Uint8Array): Uint8Array {
  if (bytes.length > PROFILE_BYTES_MAX) throw tooLarge()
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: PROFILE_BYTES_MAX })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(error)
    throw new GolangError('pprof', `it cannot be decompressed: ${(error as Error).message}`, { cause: error })
  }
}

function tooLarge(cause?: unknown): GolangError {
  return new GolangError('limit', `the profile has more than ${PROFILE_BYTES_MAX} bytes`, { cause })
}
