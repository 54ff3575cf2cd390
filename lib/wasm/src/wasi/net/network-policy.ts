import { parseAddress } from '@quadrant/core'
import { addressOf, isWithin, type NetworkRule } from './network-rule.ts'

/**
 * Where hosts of clouds give out credentials, and what is there on every link: a name that leads there, or a network
 * with it inside, permits none of it. Only a rule within it does. RFC 3927, RFC 4291 2.5.6; the rest are metadata
 * services outside of these (AWS over IPv6, Alibaba, Oracle).
 */
const RESERVED = (
  [
    ['169.254.0.0', 16],
    ['fe80::', 10],
    ['fd00:ec2::', 32],
    ['100.100.100.200', 32],
    ['192.0.0.192', 32],
  ] as const
).map(([text, bitCount]) => ({ address: parseAddress(text)!, bitCount }))

/** The well-known prefix of NAT64, behind which an IPv4 address is (RFC 6052). */
const NAT64 = parseAddress('64:ff9b::')!

/** Whom a guest may call, as rules that each permit something. Without a rule, nobody. */
export class NetworkPolicy {
  readonly #rules: readonly NetworkRule[]

  constructor(rules: readonly NetworkRule[]) {
    this.#rules = rules
  }

  /** Whether a rule names it: then it may be whatever it resolves to, but for what is reserved. */
  isNamed(name: string, port: number | undefined): boolean {
    return this.#rules.some(
      ({ host, ports }) =>
        isPort(ports, port) &&
        (host.kind === 'any' ||
          (host.kind === 'name' && host.name === name) ||
          (host.kind === 'suffix' && name.endsWith(host.suffix))),
    )
  }

  /** Whether it may be asked for: otherwise even the question could carry something out. */
  mayResolve(name: string, port: number | undefined): boolean {
    return (
      this.isNamed(name, port) ||
      this.#rules.some(({ host, ports }) => host.kind === 'network' && isPort(ports, port))
    )
  }

  /** Whether an address may be connected to; `isNamed` where it was found by a name that a rule names. */
  isAllowed(text: string, port: number | undefined, isNamed: boolean): boolean {
    const address = addressOf(text)
    if (address === undefined) return false
    const reserved = reservedFor(address)
    return this.#rules.some(({ host, ports }) => {
      if (!isPort(ports, port)) return false
      if (host.kind !== 'network') return reserved === undefined && (host.kind === 'any' || isNamed)
      if (!isWithin(address, host.address, host.bitCount)) return false
      return (
        reserved === undefined ||
        host.bitCount === address.length * 8 ||
        (host.bitCount >= reserved.bitCount && isWithin(host.address, reserved.address, reserved.bitCount))
      )
    })
  }
}

/** Undefined: any port will do. */
function isPort([first, last]: NetworkRule['ports'], port: number | undefined): boolean {
  return port === undefined || (port >= first && port <= last)
}

function reservedFor(address: Uint8Array): (typeof RESERVED)[number] | undefined {
  const behind = isWithin(address, NAT64, 96) ? address.subarray(12) : address
  return RESERVED.find((one) => isWithin(behind, one.address, one.bitCount))
}
