import { readSync } from 'node:fs'

const BLOCK_BYTES = 256 << 10

/**
 * Whether two open files have the same bytes; reads no further than where they differ.
 *
 * @param byteLength of both
 */
export function hasSameContent(one: number, other: number, byteLength: number): boolean {
  const [left, right] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)]
  for (let offset = 0; offset < byteLength; offset += BLOCK_BYTES) {
    const wanted = Math.min(BLOCK_BYTES, byteLength - offset)
    for (const [fd, block] of [
      [one, left],
      [other, right],
    ] as const)
      if (readSync(fd, block, 0, wanted, offset) !== wanted) return false
    if (left.compare(right, 0, wanted, 0, wanted) !== 0) return false
  }
  return true
}
