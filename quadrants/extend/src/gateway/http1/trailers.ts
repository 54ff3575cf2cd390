import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { dropBlank, skipBlank } from './byte-class.ts'
import { knownId, knownName, otherName } from './field-name.ts'
import { type HeadScanner, PLACE_COUNT } from './head-scanner.ts'

/** What of trailers would have framed, routed or authorised the message (RFC 9110 6.5.1), had it come in time. */
const FORBIDDEN: ReadonlySet<string> = new Set(
  (
    'host content-length transfer-encoding connection upgrade expect te keep-alive proxy-connection trailer ' +
    'authorization proxy-authorization proxy-authenticate www-authenticate cookie set-cookie ' +
    'cache-control max-forwards range if-match if-none-match if-modified-since if-unmodified-since if-range ' +
    'content-encoding content-type content-range age date expires location retry-after vary ' +
    'forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-client-cert x-real-ip x-request-id'
  ).split(' '),
)

/** Whether it must stand in a head, or nowhere. @param name in lower-case */
export function isForbiddenTrailer(name: string): boolean {
  return FORBIDDEN.has(name)
}

/** The trailers that `scanner` found at `base`; the place of one that is forbidden. */
export function readTrailers(scanner: HeadScanner, bytes: Buffer, base: number): HeaderMap | number {
  const trailers = new HeaderMap()
  const { places, fieldCount } = scanner
  for (let place = 0; place < fieldCount * PLACE_COUNT; place += PLACE_COUNT) {
    const nameStart = base + places[place]!
    const colon = base + places[place + 1]!
    const id = knownId(bytes, nameStart, colon)
    const name = id >= 0 ? knownName(id) : otherName(bytes, nameStart, colon)
    if (isForbiddenTrailer(name)) return places[place]!
    const end = base + places[place + 2]!
    const start = skipBlank(bytes, colon + 1, end)
    trailers.append(name, bytes.toString('latin1', start, dropBlank(bytes, start, end)))
  }
  return trailers
}
