/** One length byte before each address. */
export function packAddresses(addresses: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(addresses.reduce((sum, address) => sum + 1 + address.length, 0))
  let at = 0
  for (const address of addresses) {
    packed[at] = address.length
    packed.set(address, at + 1)
    at += 1 + address.length
  }
  return packed
}

export function unpackAddresses(packed: Uint8Array): Uint8Array[] {
  const addresses: Uint8Array[] = []
  for (let at = 0; at < packed.length; at += 1 + packed[at]!)
    addresses.push(packed.subarray(at + 1, at + 1 + packed[at]!))
  return addresses
}

/** u32, little-endian. */
export function packIds(ids: readonly number[]): Uint8Array {
  const packed = new Uint8Array(ids.length * 4)
  const view = new DataView(packed.buffer)
  for (const [i, id] of ids.entries()) view.setUint32(i * 4, id, true)
  return packed
}

export function unpackIds(packed: Uint8Array): number[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  return Array.from({ length: packed.length / 4 }, (_, i) => view.getUint32(i * 4, true))
}
