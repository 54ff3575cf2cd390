import { GovernError } from '../error.ts'

/** Who a workload is: `spiffe://shop.example/ns/web/sa/cart` (SPIFFE-ID 2). */
export interface SpiffeId {
  readonly trustDomain: string
  /** `/ns/web/sa/cart`; empty: the trust domain itself, which signs and is nobody. */
  readonly path: string
}

/** 2.3: longer ones need not be supported by anybody. */
const ID_BYTES_MAX = 2048
const TRUST_DOMAIN_BYTES_MAX = 255
const TRUST_DOMAIN = /^[a-z0-9._-]+$/
const SEGMENT = /^[a-zA-Z0-9._-]+$/
const SCHEME = 'spiffe://'

/** @throws {GovernError} `argument`, with what is wrong */
export function parseSpiffeId(text: string): SpiffeId {
  if (Buffer.byteLength(text) > ID_BYTES_MAX)
    throw wrong(text.slice(0, 64), `is longer than ${ID_BYTES_MAX} bytes`)
  if (!text.startsWith(SCHEME)) throw wrong(text, `does not begin with ${SCHEME}`)
  const rest = text.slice(SCHEME.length)
  const slash = rest.indexOf('/')
  const trustDomain = slash === -1 ? rest : rest.slice(0, slash)
  const path = slash === -1 ? '' : rest.slice(slash)
  checkTrustDomain(trustDomain)
  if (path !== '')
    for (const segment of path.slice(1).split('/')) {
      if (segment === '') throw wrong(text, 'has an empty segment, or ends in a slash')
      if (segment === '.' || segment === '..') throw wrong(text, `has the segment ${segment}`)
      if (!SEGMENT.test(segment))
        throw wrong(text, 'has other characters in its path than letters, digits, `.`, `_` and `-`')
    }
  return { trustDomain, path }
}

/** @throws {GovernError} `argument` */
export function checkTrustDomain(name: string): void {
  if (name === '') throw wrong(name, 'is empty')
  if (name.length > TRUST_DOMAIN_BYTES_MAX)
    throw wrong(name.slice(0, 64), `is longer than ${TRUST_DOMAIN_BYTES_MAX} bytes`)
  if (!TRUST_DOMAIN.test(name))
    throw wrong(name, 'has other characters in its trust domain than small letters, digits, `.`, `_` and `-`')
}

export function formatSpiffeId({ trustDomain, path }: SpiffeId): string {
  return `${SCHEME}${trustDomain}${path}`
}

function wrong(text: string, reason: string): GovernError {
  return new GovernError('argument', `${JSON.stringify(text)} is no SPIFFE ID: it ${reason}`)
}
