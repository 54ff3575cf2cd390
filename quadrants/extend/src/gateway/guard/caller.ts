import type { CallerSpec } from '../config/guard-spec.ts'
import { compileRanges } from './address-range.ts'
import type { Condition } from './condition.ts'
import type { RequestView } from './expression/request-view.ts'

/** Undefined where whoever asks fits. */
export function compileCallers(callers: readonly CallerSpec[]): Condition | undefined {
  if (callers.length === 0) return undefined
  const fitting = callers.map(compileCaller)
  const [first] = fitting
  return fitting.length === 1 ? first : (request) => fitting.some((fits) => fits(request))
}

/** The SPIFFE ID that the client has shown: the first URI of a certificate that was verified. */
export function principalOf({ connection: { tls } }: RequestView): string | undefined {
  return tls?.isMutual === true ? tls.peerUriSan : undefined
}

function compileCaller({ principals, namespaces, addresses }: CallerSpec): Condition {
  const parts: Condition[] = []
  if (principals.length > 0) parts.push(principalCondition(principals))
  if (namespaces.length > 0) {
    const wanted = new Set(namespaces)
    parts.push((request) => {
      const namespace = NAMESPACE.exec(principalOf(request) ?? '')?.[1]
      return namespace !== undefined && wanted.has(namespace)
    })
  }
  if (addresses.length > 0) {
    const ranges = compileRanges(addresses)
    parts.push(({ connection }) => ranges.has(hostOf(connection.sourceAddress)))
  }
  const [first] = parts
  return parts.length === 1 && first ? first : (request) => parts.every((fits) => fits(request))
}

/** As mesh identities are written: `spiffe://DOMAIN/ns/NAMESPACE/sa/NAME`. */
const NAMESPACE = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\//

function principalCondition(principals: readonly string[]): Condition {
  const exact = new Set(principals.filter((principal) => !principal.endsWith('/*')))
  const below = principals
    .filter((principal) => principal.endsWith('/*'))
    .map((principal) => principal.slice(0, -1))
  return (request) => {
    const principal = principalOf(request)
    return (
      principal !== undefined &&
      (exact.has(principal) || below.some((prefix) => principal.startsWith(prefix)))
    )
  }
}

/** `127.0.0.1:80` and `[::1]:80` without the port. */
export function hostOf(address: string): string {
  const colon = address.lastIndexOf(':')
  const host = colon === -1 ? address : address.slice(0, colon)
  return host.startsWith('[') ? host.slice(1, -1) : host
}
