/** BTF of one type, `int` with id 1: what socket and task storage want for their keys and values. */
export function minimalBtf(): Uint8Array {
  const strings = new TextEncoder().encode('\0int\0')
  const headerBytes = 24
  const typesBytes = 16
  const bytes = new Uint8Array(headerBytes + typesBytes + strings.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xeb9f, true)
  view.setUint8(2, 1)
  view.setUint32(4, headerBytes, true)
  view.setUint32(12, typesBytes, true)
  view.setUint32(16, typesBytes, true)
  view.setUint32(20, strings.length, true)
  view.setUint32(24, 1, true) // name
  view.setUint32(28, 1 << 24, true) // kind int
  view.setUint32(32, 4, true) // bytes
  view.setUint32(36, (1 << 24) | 32, true) // signed, 32 bits
  bytes.set(strings, headerBytes + typesBytes)
  return bytes
}
