/**
 * HalfSipHash-1-3 of a number and of bytes, one for each character: with a key that guests do not know, none can choose keys that all lie in one
 * chain.
 */
export function keyedHash(key0: number, key1: number, number: number, bytes: string): number {
  let v0 = key0
  let v1 = key1
  let v2 = 0x6c796765 ^ key0
  let v3 = 0x74656462 ^ key1
  const { length } = bytes
  const end = length & ~3
  let word = number
  for (let index = 0; ; index += 4) {
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
    if (index >= end) break
    word =
      bytes.charCodeAt(index) |
      (bytes.charCodeAt(index + 1) << 8) |
      (bytes.charCodeAt(index + 2) << 16) |
      (bytes.charCodeAt(index + 3) << 24)
  }
  word = (length + 4) << 24
  for (let index = end; index < length; index++) word |= bytes.charCodeAt(index) << (8 * (index - end))
  v3 ^= word
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    if (round > 0) continue
    v0 ^= word
    v2 ^= 0xff
  }
  return v1 ^ v3
}
