const AF_INET = 2
const AF_INET6 = 10
/** Bytes of `struct sockaddr_in` and `sockaddr_in6` (include/uapi/linux/in.h, in6.h), and where the address is. */
const LAYOUT = { [AF_INET]: { bytes: 16, at: 4 }, [AF_INET6]: { bytes: 28, at: 8 } } as const

/** Bytes of the largest of them. */
export const SOCKET_ADDRESS_BYTES = 28

/** AF_INET or AF_INET6, by the length of an address. */
export function familyOf(address: Uint8Array): 2 | 10 {
  return address.length === 16 ? AF_INET6 : AF_INET
}

/** As bind(2) and connect(2) take it, with port and scope 0. @param address 4 or 16 bytes, network order */
export function writeSocketAddress(address: Uint8Array): Uint8Array {
  const family = familyOf(address)
  const { bytes, at } = LAYOUT[family]
  const written = new Uint8Array(bytes)
  new Uint16Array(written.buffer)[0] = family
  written.set(address, at)
  return written
}

/** The address in what getsockname(2) gave. */
export function readSocketAddress(bytes: Uint8Array): Uint8Array {
  const isV6 = new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0] === AF_INET6
  const { at } = LAYOUT[isV6 ? AF_INET6 : AF_INET]
  return bytes.slice(at, at + (isV6 ? 16 : 4))
}
