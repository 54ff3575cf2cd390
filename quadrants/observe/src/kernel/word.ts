/** Reading 64-bit fields that records hold as two 32-bit words, without BigInt. */

const TWO_32 = 4_294_967_296

/** As a number: exact below 2^53. */
export function read64(words: Uint32Array, at: number): number {
  return words[at + 1]! * TWO_32 + words[at]!
}

/** Both halves as a number: exact below 2^53. */
export function join64(low: number, high: number): number {
  return high * TWO_32 + low
}

export function write64(words: Uint32Array, at: number, value: number): void {
  words[at] = value % TWO_32
  words[at + 1] = Math.floor(value / TWO_32)
}
