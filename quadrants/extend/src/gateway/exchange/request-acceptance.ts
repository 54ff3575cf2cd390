import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { isAuthority } from '../http1/authority.ts'
import { normalizePath } from '../route/normalize-path.ts'
import type { ClientStream } from './client-stream.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { ExchangeSettings } from './exchange-settings.ts'
import { Failure } from './failure.ts'

export interface Refusal {
  readonly failure: Failure
  readonly location: string | undefined
}

/**
 * What is done to each request before filters and routes see it, so that nobody can be told two things: its path in one
 * form, who asks by which way, its name. Undefined: it may go on.
 */
export function acceptRequest(
  settings: ExchangeSettings,
  record: ExchangeRecord,
  client: ClientStream,
): Refusal | undefined {
  const { listener, thread } = settings
  const { requestHeaders: headers } = record
  const host = headers.get(':authority') ?? ''
  if (host === '') return { failure: Failure.noHost, location: undefined }
  // The codec of HTTP/1.1 has looked at it already.
  if (client.protocol === 'HTTP/2' && !isHost(host)) return { failure: Failure.badHost, location: undefined }
  const path = headers.get(':path')
  if (path !== undefined) {
    const outcome = normalizePath(path, listener.paths)
    if (outcome.kind === 'reject') return { failure: Failure.badPath, location: undefined }
    if (outcome.kind === 'redirect') return { failure: REDIRECTED, location: outcome.path }
    if (outcome.path !== path) headers.set(':path', outcome.path)
  }
  if (listener.underscores !== 'keep' && !takeUnderscores(headers, listener.underscores))
    return { failure: Failure.underscore, location: undefined }
  forward(headers, settings, client, record)
  const requestId = listener.requestId.isKept ? headers.get('x-request-id') : undefined
  record.requestId = requestId ?? thread.requestId()
  if (requestId === undefined) headers.set('x-request-id', record.requestId)
  return undefined
}

function isHost(authority: string): boolean {
  const bytes = Buffer.from(authority, 'latin1')
  return isAuthority(bytes, 0, bytes.length)
}

const REDIRECTED: Failure = {
  status: 307,
  body: '',
  flags: 0,
  details: 'path_normalization_failed',
}

function takeUnderscores(headers: HeaderMap, rule: 'reject' | 'drop'): boolean {
  const { names } = headers
  for (let index = names.length - 1; index >= 0; index--) {
    const name = names[index]
    if (name === undefined || !name.includes('_')) continue
    if (rule === 'reject') return false
    headers.remove(name)
  }
  return true
}

/** The de-facto fields of proxies: who asked, and by which scheme. Nobody in front is trusted unless it is said so. */
function forward(
  headers: HeaderMap,
  settings: ExchangeSettings,
  client: ClientStream,
  record: ExchangeRecord,
): void {
  const { trustedHopCount } = settings.listener.clientAddress
  const { sourceAddress, tls } = client.connection
  const before = headers.has('x-forwarded-for') ? headers.getAll('x-forwarded-for').join(', ') : undefined
  const host = bareAddress(sourceAddress)
  headers.set('x-forwarded-for', before === undefined ? host : `${before}, ${host}`)
  record.clientAddress = trustedHopCount === 0 ? host : trustedAddress(before, trustedHopCount, host)
  const scheme = tls === undefined ? 'http' : 'https'
  const said = trustedHopCount > 0 ? headers.get('x-forwarded-proto') : undefined
  const known = said === 'https' || said === 'http' ? said : scheme
  headers.set('x-forwarded-proto', known)
  // A client of HTTP/2 can say of itself what it likes.
  if (headers.get(':scheme') !== known) headers.set(':scheme', known)
}

/** What the outermost of the proxies that are trusted has said; `host` where nobody has. */
function trustedAddress(forwardedFor: string | undefined, trustedHopCount: number, host: string): string {
  const said = forwardedFor?.split(',').at(-trustedHopCount)?.trim()
  return said === undefined || said === '' ? host : said
}

/** `127.0.0.1:80` and `[::1]:80` without the port. */
function bareAddress(address: string): string {
  const colon = address.lastIndexOf(':')
  const host = colon === -1 ? address : address.slice(0, colon)
  return host.startsWith('[') ? host.slice(1, -1) : host
}
