const HEADER_BYTES = 24

/** BTF of these words (each type's `struct btf_type` and what follows it) and strings, however wrong. */
export function makeBtf(words: Uint32Array | readonly number[], strings: string | Uint8Array): Uint8Array {
  const text = typeof strings === 'string' ? new TextEncoder().encode(strings) : strings
  const types = Uint32Array.from(words)
  const bytes = new Uint8Array(HEADER_BYTES + types.byteLength + text.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xeb9f, true)
  view.setUint8(2, 1)
  view.setUint32(4, HEADER_BYTES, true)
  view.setUint32(12, types.byteLength, true)
  view.setUint32(16, types.byteLength, true)
  view.setUint32(20, text.length, true)
  bytes.set(new Uint8Array(types.buffer), HEADER_BYTES)
  bytes.set(text, HEADER_BYTES + types.byteLength)
  return bytes
}

/** The second word of a type: `vlen` members or values of a kind by its number. */
export function typeInfo(kind: number, vlen = 0): number {
  return (kind << 24) | vlen
}
