const HIGH = 2 ** 32

/**
 * A 64-bit little-endian number as a double: exact below 2^53, and every address of a user program is. A hostile one
 * above that is merely imprecise, and lies outside of every file.
 */
export function readWord(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * HIGH
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A 32-bit little-endian number, where a view for it alone would cost more than it. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
