import { fail } from '../errno.ts'
import type { AddressFamily, GuestNetwork } from './guest-network.ts'
import type { NetworkPolicy } from './network-policy.ts'
import { addressOf, nameOf } from './network-rule.ts'

/** Addresses of one name that are looked at. */
const ADDRESSES_MAX = 16

/** Whom a guest asks for. */
export interface Target {
  /** An address as it is, or a name in lower case. */
  readonly host: string
  readonly isName: boolean
  readonly family: AddressFamily
  /** Undefined: it only wants to know the addresses. */
  readonly port: number | undefined
}

/** @throws {WasiError} INVAL for what is neither an address nor a name; AFNOSUPPORT for an address of the other family */
export function targetOf(host: string, port: number | undefined, family: AddressFamily): Target {
  const address = addressOf(host)
  if (address === undefined) return { host: nameOf(host) ?? fail('INVAL'), isName: true, family, port }
  if (family !== 0 && (family === 4) !== (address.length === 4)) fail('AFNOSUPPORT')
  return { host, isName: false, family, port }
}

/** Refuses at once what no answer of a name server could make allowed. @throws {WasiError} ACCES */
export function checkTarget(policy: NetworkPolicy, { host, isName, port }: Target): void {
  if (!(isName ? policy.mayResolve(host, port) : policy.isAllowed(host, port, false))) fail('ACCES')
}

/**
 * The addresses that may be connected to. These are what is to be connected, and not the name once more: a server that
 * answers differently the second time leads nowhere else.
 *
 * @throws {WasiError} ACCES where it has addresses, but none of them is allowed; NOENT where it has none
 */
export async function findAddresses(
  network: GuestNetwork,
  policy: NetworkPolicy,
  target: Target,
): Promise<readonly string[]> {
  const { host, isName, family, port } = target
  if (!isName) return [host]
  const found = await network.lookup(host, family)
  if (found.length === 0) fail('NOENT')
  const isNamed = policy.isNamed(host, port)
  const allowed = found.slice(0, ADDRESSES_MAX).filter((address) => policy.isAllowed(address, port, isNamed))
  return allowed.length === 0 ? fail('ACCES') : allowed
}
