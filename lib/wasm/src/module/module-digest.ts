import { createHash } from 'node:crypto'

/** `sha256:` and the digest of a module's bytes, in hexadecimal: by that it is known everywhere. */
export function moduleDigest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
