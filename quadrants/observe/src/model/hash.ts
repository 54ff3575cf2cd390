/** A good spread of 32 bits over 32 bits (the finalizer of MurmurHash3). */
export function mix32(value: number): number {
  let h = value | 0
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}

/** A hash of one end: four address words and a port. */
export function hashEnd(words: Uint32Array, at: number, port: number): number {
  let h = Math.imul(words[at]! ^ 0x9e3779b1, 0x85ebca6b)
  h = Math.imul((h ^ (h >>> 15)) + words[at + 1]!, 0xc2b2ae35)
  h = Math.imul((h ^ (h >>> 13)) + words[at + 2]!, 0x27d4eb2f)
  h = Math.imul((h ^ (h >>> 16)) + words[at + 3]!, 0x165667b1)
  return mix32(h + Math.imul(port, 0x9e3779b1))
}

/** Places of a hash table for so many entries: a power of two, at most half of them taken. */
export function hashSize(capacity: number): number {
  let size = 1
  while (size < capacity * 2) size *= 2
  return size
}
