import { createHash } from 'node:crypto'
import { formatCoordinate } from '@quadrant/core'
import type { BuildIds, ByteSource } from '@quadrant/golang'
import { toldText } from './told-text.ts'

/** Of files without a build id: enough for the headers and the first code of any program. */
const BEGINNING_BYTES = 64 << 10

/** A Go build id has 83 characters. */
const EVIDENCE_LENGTH_MAX = 256

/** What a build is told from others by. */
export interface BuildIdentity {
  /** Coordinate: `build:sha256:…`, the digest of the id itself, without the name of its kind. */
  readonly id: string
  /** What was read: `go-build-id:…`, `gnu-build-id:…`, `sha256:…` of the file's beginning and its size. */
  readonly evidence: string
}

/**
 * The Go build id names the content; then the GNU build id, in hexadecimal; without both, the file's size (8 bytes, little
 * endian) and its first 64 KiB. So the same build in two containers, or copied, is one.
 */
export function identifyBuild(source: ByteSource, ids: BuildIds): BuildIdentity {
  if (ids.go)
    return { id: idOf(sha256(ids.go)), evidence: `go-build-id:${toldText(ids.go, EVIDENCE_LENGTH_MAX)}` }
  if (ids.gnu)
    return { id: idOf(sha256(ids.gnu)), evidence: `gnu-build-id:${toldText(ids.gnu, EVIDENCE_LENGTH_MAX)}` }
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(source.byteLength))
  const beginning = source.read(0, Math.min(BEGINNING_BYTES, source.byteLength))
  const digest = sha256(Buffer.concat([size, beginning]))
  return { id: idOf(digest), evidence: `sha256:${digest}` }
}

function idOf(digest: string): string {
  return formatCoordinate({ kind: 'build', algorithm: 'sha256', digest })
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
