import type { PeerClass } from './request-source.ts'

/** What the kernel's program calls an address: `peer_class` of bpf/http.bpf.c. @param address 4 or 16 bytes, network order */
export function peerClassOf(address: Uint8Array): PeerClass {
  const [a = 0, b = 0] = address
  if (address.length === 4) {
    if (a === 127) return 'loopback'
    if (a === 169 && b === 254) return 'link-local'
    const isPrivate =
      a === 10 ||
      (a === 172 && (b & 0xf0) === 16) ||
      (a === 192 && b === 168) ||
      (a === 100 && (b & 0xc0) === 64)
    return isPrivate ? 'private' : 'public'
  }
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link-local'
  if ((a & 0xfe) === 0xfc) return 'private'
  const isLoopback = address.at(-1) === 1 && address.subarray(0, 15).every((byte) => byte === 0)
  return isLoopback ? 'loopback' : 'public'
}
