/** Bytes, one bit for each. */
export type ByteSet = Uint32Array

export function byteSet(...ranges: readonly (readonly [first: number, last: number])[]): ByteSet {
  const set = new Uint32Array(8)
  for (const [first, last] of ranges) for (let byte = first; byte <= last; byte++) addByte(set, byte)
  return set
}

export function addByte(set: ByteSet, byte: number): void {
  set[byte >> 5]! |= 1 << (byte & 31)
}

export function addBytes(set: ByteSet, other: ByteSet): void {
  for (let word = 0; word < 8; word++) set[word]! |= other[word]!
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return (set[byte >> 5]! & (1 << (byte & 31))) !== 0
}

export function complement(set: ByteSet): ByteSet {
  return set.map((word) => ~word)
}

/** With each ASCII letter the other of its case. */
export function bothCases(set: ByteSet): ByteSet {
  const both = set.slice()
  for (let byte = 0x41; byte <= 0x5a; byte++)
    if (hasByte(set, byte) || hasByte(set, byte | 0x20)) {
      addByte(both, byte)
      addByte(both, byte | 0x20)
    }
  return both
}

/** `\d`, `\w`, `\s` as RE2 has them. */
export const CLASSES: Readonly<Record<string, ByteSet>> = {
  d: byteSet([0x30, 0x39]),
  w: byteSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]),
  s: byteSet([0x09, 0x0a], [0x0c, 0x0d], [0x20, 0x20]),
}
