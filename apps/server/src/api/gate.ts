import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Names that this server answers to; anything else is a name that someone made to point here. */
const HOSTNAMES = ['127.0.0.1', 'localhost', '[::1]']

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly message: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The token was in the address: it moves into a cookie and out of the address bar, history and referrers. */
  | { readonly kind: 'redirect'; readonly location: string; readonly cookie: string }

/** Set on every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

const UNAUTHENTICATED =
  'This needs the token. `quadrant up` prints the address with it; `quadrant status` shows it again.\n'

/**
 * Who may ask: somebody with the token, by our own name, from our own pages or from no page.
 * Pure, so that the whole matrix is a table in its test.
 */
export function judge(
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  options: { port: number; token: string },
): Verdict {
  const { headers, method = '', url = '/' } = request
  const { port, token } = options
  const hosts = HOSTNAMES.map((name) => `${name}:${port}`)
  const host = (headers.host ?? '').toLowerCase()
  if (!hosts.includes(host)) return refuse(421, `This server answers to ${hosts.join(', ')} only.\n`)
  const { origin } = headers
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`)
    return refuse(403, 'Requests from other origins are refused.\n')
  const site = headers['sec-fetch-site']
  // `same-site` is another port of localhost: somebody else's page.
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return refuse(403, 'Requests from other sites are refused.\n')
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
    return { ...refuse(405, 'GET, HEAD and POST only.\n'), headers: { allow: 'GET, HEAD, POST' } }

  const isKnown =
    isToken(bearer(headers.authorization), token) || isToken(cookie(headers.cookie, cookieName(port)), token)
  const mark = url.indexOf('?')
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
  const given = method === 'POST' ? null : query.get('token')
  if (isKnown && given === null) return { kind: 'pass' }
  // Who is signed in and follows a bookmark with an old token stays signed in; it leaves the address all the same.
  if (given !== null && (isKnown || isToken(given, token))) {
    query.delete('token')
    // `//host/` would lead elsewhere.
    const path = `/${url.slice(0, mark).replace(/^[/\\]+/, '')}`
    return {
      kind: 'redirect',
      location: query.size > 0 ? `${path}?${query.toString()}` : path,
      cookie: `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    }
  }
  return { ...refuse(401, UNAUTHENTICATED), headers: { 'www-authenticate': 'Bearer realm="quadrant"' } }
}

/** Cookies know no ports, so the name does. */
function cookieName(port: number): string {
  return `quadrant_${port}`
}

function refuse(status: number, message: string): Verdict & { kind: 'refuse' } {
  return { kind: 'refuse', status, message }
}

function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer (?<token>\S+)$/i.exec(authorization ?? '')?.groups?.['token']
}

function cookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/** Digests have one length, so that comparing them takes one time. */
function isToken(given: string | undefined, token: string): boolean {
  if (given === undefined) return false
  return timingSafeEqual(
    createHash('sha256').update(given).digest(),
    createHash('sha256').update(token).digest(),
  )
}
