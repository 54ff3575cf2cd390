/**
 * MurmurHash3's 32 bits of a text's bytes: spreads names and what requests say evenly, and is no secret; whoever can
 * choose what is hashed can choose the endpoint.
 */
export function hash32(text: string, seed = 0): number {
  let hash = seed | 0
  let block = 0
  let shift = 0
  for (let index = 0; index < text.length; index++) {
    block |= (text.charCodeAt(index) & 0xff) << shift
    shift += 8
    if (shift < 32) continue
    hash = Math.imul(rotated(hash ^ mixed(block), 13), 5) + 0xe6546b64
    block = 0
    shift = 0
  }
  if (shift > 0) hash ^= mixed(block)
  return finished(hash ^ text.length)
}

/** One number of two. */
export function combineHashes(first: number, second: number): number {
  return (rotated(first, 1) ^ second) >>> 0
}

function mixed(block: number): number {
  return Math.imul(rotated(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)
}

function finished(value: number): number {
  let hash = value ^ (value >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
