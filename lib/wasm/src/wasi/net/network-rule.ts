import { formatAddress, parseAddress } from '@quadrant/core'
import { WasmError } from '../../error.ts'

/** Whom a guest may call: one `HOST:PORT` of `--allow-net`. */
export interface NetworkRule {
  readonly host: HostPattern
  /** First and last. */
  readonly ports: readonly [first: number, last: number]
}

export type HostPattern =
  /** Every name and every address, but for those that only a rule of their own permits. */
  | { readonly kind: 'any' }
  | { readonly kind: 'name'; readonly name: string }
  /** All names below one, at any depth: `.example.com`. */
  | { readonly kind: 'suffix'; readonly suffix: string }
  /** Addresses whose first bits are those of `address`, which has 4 or 16 bytes. */
  | { readonly kind: 'network'; readonly address: Uint8Array; readonly bitCount: number }

const RULE_CHARACTERS_MAX = 300
export const NAME_CHARACTERS_MAX = 253
const NAME = /^(?=.*[a-z])[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/
/** What C libraries take for an address, in decimal, octal or hexadecimal (inet_aton(3)). */
const NUMBER_LAST = /(^|\.)(\d+|0x[0-9a-f]*)$/

/**
 * Reads `HOST:PORT`. HOST: a name, `*.example.com`, an IPv4 address or network (`10.0.0.0/8`), an IPv6 one in brackets
 * (`[2001:db8::/32]`), or `*`. PORT: a number, `8000-8099`, or `*`.
 *
 * @throws {WasmError} `option`, with what is wrong and how it would be right
 */
export function parseNetworkRule(text: string): NetworkRule {
  const refuse = (why: string): never => {
    throw new WasmError('option', `${text.slice(0, RULE_CHARACTERS_MAX)} ${why}`)
  }
  if (text.length > RULE_CHARACTERS_MAX) refuse('is too long')
  if (/^[^[\]]*:[^[\]]*:/.test(text)) refuse('has an IPv6 address without brackets: write [2001:db8::1]:443')
  if (text.includes('://')) refuse('is a URL: write HOST:PORT, such as example.com:443')
  if (text.startsWith('[') && !/^\[[^[\]]*\](:|$)/.test(text)) refuse('has no IPv6 address in its brackets')
  const { host, port } = split(text)
  if (port === undefined) return refuse(`has no port: write ${text}:443, or ${text}:* for all`)
  const ports = portsOf(port)
  if (ports === undefined) return refuse('has no such port: write a number from 1 to 65535, 8000-8099, or *')
  const pattern = patternOf(host)
  return typeof pattern === 'string' ? refuse(pattern) : { host: pattern, ports }
}

function split(text: string): { readonly host: string; readonly port: string | undefined } {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1
  const colon = text.indexOf(':', bracket + 1)
  return colon === -1
    ? { host: text, port: undefined }
    : { host: text.slice(0, colon), port: text.slice(colon + 1) }
}

function portsOf(text: string): NetworkRule['ports'] | undefined {
  if (text === '*') return [1, 65_535]
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  if (first === undefined) return undefined
  const ports = [Number(first), Number(last)] as const
  return ports[0] >= 1 && ports[0] <= ports[1] && ports[1] <= 65_535 ? ports : undefined
}

/** What is wrong with it, where it is none. */
function patternOf(host: string): HostPattern | string {
  if (host === '*') return { kind: 'any' }
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  const [address, bits, ...more] = bare.split('/')
  const bytes = addressOf(address ?? '')
  if (host.startsWith('[') && (bytes === undefined || !bare.includes(':')))
    return 'has no IPv6 address in its brackets'
  if (bytes !== undefined) return networkOf(bytes, bits, more.length > 0, bare.includes(':'))
  if (bare.includes('/')) return 'has no network: write 10.0.0.0/8:443 or [2001:db8::/32]:443'
  const name = nameOf(bare.startsWith('*.') ? bare.slice(2) : bare)
  if (name === undefined && bare.includes('*'))
    return 'has a * that is not first: write *.example.com:443, or *:443'
  if (name === undefined) return 'has no host: write a name (international ones as xn--…), an address, or *'
  return bare.startsWith('*.') ? { kind: 'suffix', suffix: `.${name}` } : { kind: 'name', name }
}

function networkOf(
  address: Uint8Array,
  bits: string | undefined,
  hasMore: boolean,
  isWrittenAsSix: boolean,
): HostPattern | string {
  const bitsMax = address.length * 8
  // A mapped address (::ffff:10.0.0.1) is an IPv4 one, and has its bits.
  if (bits !== undefined && isWrittenAsSix && address.length === 4)
    return 'has an IPv4 network: write it as 10.0.0.0/8'
  const bitCount = bits === undefined ? bitsMax : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
  if (hasMore || !(bitCount <= bitsMax)) return `has no such network: its length is 0 to ${bitsMax}`
  if (!isWithin(address, masked(address, bitCount), bitsMax))
    return `has bits set behind its length: write ${formatAddress(masked(address, bitCount))}/${bitCount}`
  return { kind: 'network', address, bitCount }
}

function masked(address: Uint8Array, bitCount: number): Uint8Array {
  return address.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bitCount - index * 8))))
}

/** Whether the first bits of two addresses are equal; of two kinds they never are. */
export function isWithin(address: Uint8Array, network: Uint8Array, bitCount: number): boolean {
  if (address.length !== network.length) return false
  const ours = masked(address, bitCount)
  return masked(network, bitCount).every((byte, index) => byte === ours[index])
}

/** The bytes of an address, 4 also for an IPv4 one that is mapped into IPv6; undefined for everything else. */
export function addressOf(text: string): Uint8Array | undefined {
  const bytes = parseAddress(text)
  return bytes === undefined ? undefined : parseAddress(formatAddress(bytes))
}

/** A name of DNS in lower case, without a dot at its end; undefined for what is none, or would be taken for an address. */
export function nameOf(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  return name.length <= NAME_CHARACTERS_MAX && NAME.test(name) && !NUMBER_LAST.test(name) ? name : undefined
}
