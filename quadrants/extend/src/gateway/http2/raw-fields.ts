import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { isForbiddenTrailer } from '../http1/trailers.ts'

/** Fields as node:http2 has them in a row: name, value, name, value. */
export type RawFields = readonly string[]

/**
 * A head or trailers of HTTP/2. Cookies that came in pieces are one again (RFC 9113 8.2.3), and Host is what
 * `:authority` says (8.3.1).
 */
export function headerMapOf(raw: RawFields): HeaderMap {
  const names: string[] = []
  const values: string[] = []
  let byteLength = 0
  let cookieAt = -1
  let hasAuthority = false
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!
    const value = raw[index + 1]!
    if (name === 'cookie') {
      if (cookieAt !== -1) {
        values[cookieAt] = `${values[cookieAt]}; ${value}`
        byteLength += value.length + 2
        continue
      }
      cookieAt = names.length
    } else if (name === ':authority') hasAuthority = true
    else if (name === 'host') {
      if (hasAuthority) continue
      hasAuthority = true
      let at = 0
      while (names[at]?.startsWith(':')) at++
      names.splice(at, 0, ':authority')
      values.splice(at, 0, value)
      byteLength += ':authority'.length + value.length
      if (cookieAt !== -1) cookieAt++
      continue
    }
    names.push(name)
    values.push(value)
    byteLength += name.length + value.length
  }
  return new HeaderMap(names, values, byteLength)
}

/**
 * Trailers of a request, without what would have routed or authorised it, had it come in time: a recipient may leave out
 * any of them (RFC 9110 6.5.2), and somebody behind may merge them with the head.
 */
export function trailersOf(raw: RawFields): HeaderMap {
  const trailers = new HeaderMap()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!
    if (!isForbiddenTrailer(name)) trailers.append(name, raw[index + 1]!)
  }
  return trailers
}

/** Fields that HTTP/2 does not have (RFC 9113 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
])

export function rawFieldsOf(headers: HeaderMap): string[] {
  const { names, values } = headers
  const raw: string[] = []
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    if (CONNECTION_FIELDS.has(name)) continue
    if (name === 'te' && values[index] !== 'trailers') continue
    raw.push(name, values[index]!)
  }
  return raw
}

/** NaN where nobody has said it. node:http2 holds bodies to what is said. */
export function contentLengthOf(headers: HeaderMap): number {
  const length = headers.get('content-length')
  return length === undefined ? Number.NaN : Number(length)
}
