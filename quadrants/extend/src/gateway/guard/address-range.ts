import { parseAddress } from '@quadrant/core'

/** Addresses in ranges such as `10.0.0.0/8`, `fd00::/8`, `192.0.2.1`; IPv4 in IPv6 (`::ffff:10.0.0.1`) is IPv4. */
export interface AddressRanges {
  has(address: string): boolean
}

interface Range {
  readonly bytes: Uint8Array
  readonly bits: number
}

/** Undefined: what is no range. */
export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/')
  const bytes = bytesOf(slash === -1 ? text : text.slice(0, slash))
  if (bytes === undefined) return undefined
  if (slash === -1) return { bytes, bits: bytes.length * 8 }
  const digits = text.slice(slash + 1)
  const bits = /^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined
}

/** What is no range has nobody. */
export function compileRanges(texts: readonly string[]): AddressRanges {
  const ranges = texts.flatMap((text) => parseRange(text) ?? [])
  let last: string | undefined
  let lastHas = false
  return {
    has: (address) => {
      // The next request often comes by the same connection.
      if (address === last) return lastHas
      const bytes = bytesOf(address)
      last = address
      lastHas = bytes !== undefined && ranges.some((range) => isWithin(bytes, range))
      return lastHas
    },
  }
}

/** The network of an address, as a text that only compares; undefined where it is none. */
export function networkOf(address: string, prefixBits: number | undefined): string | undefined {
  const bytes = bytesOf(address)
  if (bytes === undefined) return undefined
  const masked = Uint8Array.from(bytes)
  const bits = Math.min(prefixBits ?? bytes.length * 8, bytes.length * 8)
  for (let index = 0; index < masked.length; index++) {
    const kept = Math.min(8, Math.max(0, bits - index * 8))
    masked[index]! &= 0xff << (8 - kept)
  }
  return Buffer.from(masked).toString('latin1')
}

function isWithin(address: Uint8Array, { bytes, bits }: Range): boolean {
  if (address.length !== bytes.length) return false
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (address[index] !== bytes[index]) return false
  const rest = bits & 7
  return rest === 0 || (address[whole]! ^ bytes[whole]!) >> (8 - rest) === 0
}

const MAPPED_LENGTH = 12

function bytesOf(text: string): Uint8Array | undefined {
  const bytes = parseAddress(text)
  if (bytes?.length !== 16) return bytes
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return bytes
  return bytes[10] === 0xff && bytes[11] === 0xff ? bytes.subarray(MAPPED_LENGTH) : bytes
}
