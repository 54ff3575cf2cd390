import { createHash } from 'node:crypto'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FilterHoldingSchema, type FilterHolding } from '@quadrant/proto'
import { RELEASE_BYTES_MAX, SHA256_BYTES } from './read-release.ts'

/**
 * What a gateway keeps of one filter, as a file:
 *
 *      0            8             40
 *      ├────────────┼─────────────┼───────────────────────────────┐
 *      │ "QDRHOLD1" │ SHA-256 of  │ FilterHolding                 │
 *      │            │ what is     │                               │
 *      │            │ behind it   │                               │
 *      └────────────┴─────────────┴───────────────────────────────┘
 */
const MAGIC = Buffer.from('QDRHOLD1')
const HEAD_BYTES = MAGIC.length + SHA256_BYTES

/** Three releases with their signatures, and some words. */
export const RECORD_BYTES_MAX = 4 * RELEASE_BYTES_MAX

export function encodeHolding(holding: FilterHolding): Uint8Array {
  const body = toBinary(FilterHoldingSchema, holding)
  return Buffer.concat([MAGIC, sha256(body), body])
}

/** Undefined where it is damaged: cut, changed, of something else. */
export function decodeHolding(bytes: Uint8Array): FilterHolding | undefined {
  if (bytes.length < HEAD_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return undefined
  const body = bytes.subarray(HEAD_BYTES)
  if (!sha256(body).equals(bytes.subarray(MAGIC.length, HEAD_BYTES))) return undefined
  try {
    return fromBinary(FilterHoldingSchema, body)
  } catch {
    return undefined
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
