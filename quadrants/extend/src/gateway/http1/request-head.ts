import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { isAuthority } from './authority.ts'
import type { FramingFields } from './framing-fields.ts'
import type { HeadScanner } from './head-scanner.ts'
import type { Http1ErrorCode } from './http1-error.ts'

/**
 * What says where a message's content ends: there is `none`, Content-Length, the last chunk, or the connection's end
 * (responses only). After the head of an `upgrade` the connection speaks something else.
 */
export type Framing = 'none' | 'length' | 'chunked' | 'close' | 'upgrade'

export interface RequestHead {
  readonly method: string
  /** As it came. */
  readonly target: string
  /** Of HTTP/1.0 or HTTP/1.1. */
  readonly minor: number
  /**
   * `:method`, `:scheme`, `:authority` (of HTTP/1.0 only if it names a host), `:path`, then all fields but Host. CONNECT
   * has neither scheme nor path.
   */
  readonly headers: HeaderMap
  /** Never `close`; `upgrade` for CONNECT alone: other upgrades wait for the answer. */
  readonly framing: Framing
  readonly contentLength: number | undefined
  /** No content follows, and no trailers. */
  readonly isEnd: boolean
  /** Whether the client leaves the connection open for another. */
  readonly keepAlive: boolean
  /** The content comes only after 100 (Continue), or after a while. */
  readonly expectContinue: boolean
  /** Protocols that the client offers to go on in, as it named them. */
  readonly upgrade: string | undefined
  /** Whether there is something for `removeHopByHop`. */
  readonly hasHopByHop: boolean
  /** Of the head. */
  readonly byteLength: number
}

/** A head, or why it is refused. */
export type HeadResult<Head> = Head | { readonly code: Http1ErrorCode; readonly at: number }

/** @param base of the head in `bytes` */
export function readRequestHead(
  scanner: HeadScanner,
  fields: FramingFields,
  bytes: Buffer,
  base: number,
  scheme: string,
): HeadResult<RequestHead> {
  const { methodStart, methodEnd, targetEnd, minor, length } = scanner
  const text = bytes.toString('latin1', base, base + length)
  const method = text.substring(methodStart, methodEnd)
  const targetStart = methodEnd + 1
  const target = text.substring(targetStart, targetEnd)
  const names = [':method', ':scheme', ':authority', ':path']
  const values = [method, scheme, '', target]
  // The preface of HTTP/2 begins with it, and nothing else may (RFC 9113 3.4).
  if (method === 'PRI') return { code: 'bad-request-line', at: methodStart }
  const code = fields.read(scanner, bytes, base, text, names, values, true)
  if (code !== undefined) return { code, at: fields.errorAt }
  const { hostStart, hostEnd, isChunked, contentLength } = fields
  if (hostEnd === 0) {
    if (minor === 1) return { code: 'missing-host', at: 0 }
  } else if (!isAuthority(bytes, base + hostStart, base + hostEnd)) return { code: 'bad-host', at: hostStart }
  else values[2] = text.substring(hostStart, hostEnd)
  if (bytes[base + targetStart] !== SLASH || method === 'CONNECT') {
    const refused = readTargetForm(bytes, base + targetStart, target, names, values)
    if (refused !== undefined) return { code: refused, at: targetStart }
  }
  const isConnect = method === 'CONNECT'
  if (isConnect && (isChunked || contentLength !== undefined)) return { code: 'body-not-allowed', at: 0 }
  if (values[2] === '' && !isConnect) {
    names.splice(2, 1)
    values.splice(2, 1)
  }
  const headers = new HeaderMap(names, values, fields.byteLength + pseudoBytes(names, values))
  const framing = isConnect
    ? 'upgrade'
    : isChunked
      ? 'chunked'
      : contentLength === undefined
        ? 'none'
        : 'length'
  return {
    method,
    target,
    minor,
    headers,
    framing,
    contentLength,
    isEnd: framing === 'none' || contentLength === 0,
    keepAlive: minor === 1 ? !fields.isClose : fields.isKeepAlive && !fields.isClose,
    expectContinue: fields.isExpectContinue && minor === 1 && (isChunked || (contentLength ?? 0) > 0),
    upgrade: minor === 1 && fields.isUpgrade ? fields.upgrade : undefined,
    hasHopByHop: fields.hasHopByHop,
    byteLength: length,
  }
}

const SLASH = 0x2f
const SCHEMES: ReadonlySet<string> = new Set(['http', 'https'])

/**
 * The forms of a target that do not begin with a slash (RFC 9112 3.2.2 to 3.2.4): `*`, a host and port, an absolute URI.
 * `names` and `values` begin with the pseudo-headers.
 */
function readTargetForm(
  bytes: Buffer,
  start: number,
  target: string,
  names: string[],
  values: string[],
): Http1ErrorCode | undefined {
  const [method, scheme, host = ''] = values
  if (method === 'CONNECT') {
    const colon = target.lastIndexOf(':')
    if (!isAuthority(bytes, start, start + target.length) || !/:\d+$/.test(target)) return 'bad-target'
    // RFC 9110 7.2 has the port in Host as well; many leave it out.
    if (host !== '' && !isSameHost(host, target) && !isSameHost(host, target.slice(0, colon)))
      return 'host-mismatch'
    names.splice(0, 4, ':method', ':authority')
    values.splice(0, 4, method, target)
    return undefined
  }
  if (target === '*') return method === 'OPTIONS' ? undefined : 'bad-target'
  const schemeEnd = target.indexOf('://')
  const named = target.slice(0, Math.max(0, schemeEnd)).toLowerCase()
  if (!SCHEMES.has(named)) return 'bad-target'
  if (named !== scheme) return 'host-mismatch'
  const authorityStart = schemeEnd + 3
  const length = target.slice(authorityStart).search(/[/?]/)
  const authorityEnd = length === -1 ? target.length : authorityStart + length
  if (!isAuthority(bytes, start + authorityStart, start + authorityEnd)) return 'bad-target'
  const authority = target.slice(authorityStart, authorityEnd)
  if (host !== '' && !isSameHost(host, authority)) return 'host-mismatch'
  values[2] = authority
  const path = target.slice(authorityEnd)
  if (path === '') values[3] = method === 'OPTIONS' ? '*' : '/'
  else values[3] = path.startsWith('/') ? path : `/${path}`
  return undefined
}

function isSameHost(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function pseudoBytes(names: readonly string[], values: readonly string[]): number {
  let byteLength = 0
  for (let i = 0; i < names.length && names[i]!.charCodeAt(0) === 0x3a; i++)
    byteLength += names[i]!.length + values[i]!.length
  return byteLength
}
