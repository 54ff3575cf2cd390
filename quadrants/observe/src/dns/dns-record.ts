/** `struct dns_record` of bpf/dns.bpf.c: where its fields are, in bytes. */
export const DNS_RECORD = {
  ts: 0,
  socket: 8,
  server: 16,
  port: 32,
  family: 34,
  bytes: 36,
  message: 40,
} as const

/** `enum dns_count`. */
export const DNS_COUNT = { kept: 0, ringFull: 1, tooLarge: 2, cut: 3, unreadable: 4 } as const

/** An answer as it came. */
export interface DnsRecord {
  /** CLOCK_MONOTONIC. */
  readonly ns: number
  /** Cookie of the socket that was offered it. */
  readonly socket: number
  /** Whose answer it is: 4 or 16 bytes, network order. */
  readonly server: Uint8Array
  /** Of the socket that asked. */
  readonly port: number
  /** Within the ring: it is gone after the call. */
  readonly message: Uint8Array
}

const TWO_32 = 4_294_967_296
const AF_INET6 = 10

/** Undefined for what is none of ours. */
export function readDnsRecord(words: Uint32Array, at: number, byteLength: number): DnsRecord | undefined {
  if (byteLength < DNS_RECORD.message) return undefined
  const view = new DataView(words.buffer, words.byteOffset + at * 4, byteLength)
  const bytes = new Uint8Array(view.buffer, view.byteOffset, byteLength)
  const messageBytes = view.getUint32(DNS_RECORD.bytes, true)
  if (DNS_RECORD.message + messageBytes > byteLength) return undefined
  const wide = (offset: number) => view.getUint32(offset + 4, true) * TWO_32 + view.getUint32(offset, true)
  const addressBytes = view.getUint8(DNS_RECORD.family) === AF_INET6 ? 16 : 4
  return {
    ns: wide(DNS_RECORD.ts),
    socket: wide(DNS_RECORD.socket),
    server: bytes.slice(DNS_RECORD.server, DNS_RECORD.server + addressBytes),
    port: view.getUint16(DNS_RECORD.port, true),
    message: bytes.subarray(DNS_RECORD.message, DNS_RECORD.message + messageBytes),
  }
}
