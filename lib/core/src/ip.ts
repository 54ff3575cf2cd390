/**
 * IP addresses as bytes in network order: 4 for IPv4, 16 for IPv6.
 * Text follows RFC 5952; an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is written as IPv4.
 */

const MAPPED_PREFIX_BYTES = 12

/** @throws {RangeError} when the address has neither 4 nor 16 bytes. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return formatV4(address, 0)
  if (address.length !== 16)
    throw new RangeError(`an IP address has 4 or 16 bytes, this has ${address.length}`)
  if (isMapped(address)) return formatV4(address, MAPPED_PREFIX_BYTES)
  return formatV6(address)
}

/** The bytes of an IPv4 or IPv6 address, or undefined where the text is neither. Zones (`%eth0`) are refused. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text)
}

/** 127.0.0.0/8, ::1, and 127.0.0.0/8 mapped into IPv6. */
export function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127
  if (isMapped(address)) return address[MAPPED_PREFIX_BYTES] === 127
  return address.length === 16 && address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0)
}

/** 0.0.0.0 or ::. */
export function isUnspecified(address: Uint8Array): boolean {
  return address.every((byte) => byte === 0)
}

function isMapped(address: Uint8Array): boolean {
  if (address.length !== 16 || address[10] !== 0xff || address[11] !== 0xff) return false
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false
  return true
}

function formatV4(address: Uint8Array, at: number): string {
  return `${address[at]}.${address[at + 1]}.${address[at + 2]}.${address[at + 3]}`
}

function formatV6(address: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((address[i]! << 8) | address[i + 1]!)
  const gap = longestZeroRun(groups)
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return gap.length < 2 ? hex(0, 8) : `${hex(0, gap.start)}::${hex(gap.start + gap.length, 8)}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (end < groups.length && groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
    start = Math.max(start, end - 1)
  }
  return best
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    // A leading zero is octal to some readers and decimal to others, so it is neither here (RFC 6943, 3.1.1).
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

function parseV6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [i, group] of groups.entries()) {
    if (mayEndInV4 && i === groups.length - 1 && group.includes('.')) {
      const v4 = parseV4(group)
      if (!v4) return undefined
      bytes.push(...v4)
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    } else return undefined
  }
  return bytes
}
