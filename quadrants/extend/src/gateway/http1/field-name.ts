import { TOKEN_LOWER } from './byte-class.ts'

/** Fields that say something to a codec, by their place in `KNOWN`. */
export const FieldId = {
  host: 0,
  contentLength: 1,
  transferEncoding: 2,
  connection: 3,
  upgrade: 4,
  expect: 5,
  te: 6,
  keepAlive: 7,
  proxyConnection: 8,
  other: 9,
} as const

/** Names that come often, so that no string is made for them; the first by `FieldId`. */
export const KNOWN: readonly string[] = (
  'host content-length transfer-encoding connection upgrade expect te keep-alive proxy-connection ' +
  'accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials ' +
  'access-control-allow-headers access-control-allow-methods access-control-allow-origin ' +
  'access-control-expose-headers access-control-max-age access-control-request-headers ' +
  'access-control-request-method age allow alt-svc authorization baggage cache-control content-disposition ' +
  'content-encoding content-language content-location content-range content-security-policy content-type cookie ' +
  'date dnt etag expires forwarded from grpc-accept-encoding grpc-encoding grpc-message grpc-status grpc-timeout ' +
  'if-match if-modified-since if-none-match if-range if-unmodified-since last-modified link location max-forwards ' +
  'origin pragma priority proxy-authenticate proxy-authorization range referer referrer-policy retry-after ' +
  'sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user ' +
  'sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version ' +
  'server set-cookie strict-transport-security traceparent tracestate trailer upgrade-insecure-requests user-agent ' +
  'vary via www-authenticate x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid x-content-type-options ' +
  'x-envoy-attempt-count x-envoy-expected-rq-timeout-ms x-envoy-upstream-service-time x-envoy-wasm ' +
  'x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-proto x-frame-options x-real-ip ' +
  'x-request-id x-requested-with x-xss-protection'
).split(' ')

/** `NAME_BYTES_MAX` bytes for each of them: comparing bytes is faster than comparing a string with bytes. */
const NAME_BYTES_MAX = 64
const KNOWN_BYTES = new Uint8Array(KNOWN.length * NAME_BYTES_MAX)
const KNOWN_LENGTH = Uint8Array.from(KNOWN, (name) => name.length)

/** Place in `KNOWN` and 1, by hash; the next slot where one is taken. */
const SLOT_COUNT = 1024
const SLOTS = new Uint8Array(SLOT_COUNT)

for (const [id, name] of KNOWN.entries()) {
  const bytes = Buffer.from(name)
  KNOWN_BYTES.set(bytes, id * NAME_BYTES_MAX)
  let slot = slotOf(hashOf(bytes, 0, bytes.length))
  while (SLOTS[slot] !== 0) slot = nextSlot(slot)
  SLOTS[slot] = id + 1
}

/** Names that are not in `KNOWN` and came last, by hash: as many as there are slots, whoever sends what. */
const LEARNT_COUNT = 256
const LEARNT: string[] = Array.from({ length: LEARNT_COUNT }, () => '')
const LEARNT_BYTES = new Uint8Array(LEARNT_COUNT * NAME_BYTES_MAX)
const LEARNT_LENGTH = new Uint8Array(LEARNT_COUNT)

/** Place in `KNOWN` of the name at `start`, or -1. All bytes are compared: a hash of a stranger's bytes proves nothing. */
export function knownId(bytes: Uint8Array, start: number, end: number): number {
  let slot = slotOf(hashOf(bytes, start, end))
  for (let id = SLOTS[slot]!; id !== 0; id = SLOTS[slot]!) {
    if (KNOWN_LENGTH[id - 1] === end - start && isName(KNOWN_BYTES, id - 1, bytes, start, end)) return id - 1
    slot = nextSlot(slot)
  }
  return -1
}

export function knownName(id: number): string {
  return KNOWN[id]!
}

/** A name that is not known, in lower-case. */
export function otherName(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  const slot = hashOf(bytes, start, end) & (LEARNT_COUNT - 1)
  if (LEARNT_LENGTH[slot] === length && isName(LEARNT_BYTES, slot, bytes, start, end)) return LEARNT[slot]!
  // Of its own bytes: a part of the head's string would keep all of that.
  const name = bytes.toString('latin1', start, end).toLowerCase()
  if (length > NAME_BYTES_MAX) return name
  LEARNT[slot] = name
  LEARNT_LENGTH[slot] = length
  for (let i = 0; i < length; i++) LEARNT_BYTES[slot * NAME_BYTES_MAX + i] = name.charCodeAt(i)
  return name
}

/** Whether it is a token without capitals, as names are written. */
export function isFieldName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code > 0x7f || TOKEN_LOWER[code] !== code) return false
  }
  return name.length > 0
}

function isName(names: Uint8Array, index: number, bytes: Uint8Array, start: number, end: number): boolean {
  let name = index * NAME_BYTES_MAX
  for (let at = start; at < end; at++) if (TOKEN_LOWER[bytes[at]!] !== names[name++]) return false
  return true
}

/** Of the length and four bytes: enough to tell names apart that come often. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const first = TOKEN_LOWER[bytes[start]!]!
  const middle = TOKEN_LOWER[bytes[start + (length >> 1)]!]!
  const late = TOKEN_LOWER[bytes[start + ((length * 3) >> 2)]!]!
  const last = TOKEN_LOWER[bytes[end - 1]!]!
  const mixed = Math.imul(first * 31 + middle + length * 977, 0x9e37) + Math.imul(last * 37 + late, 0x85eb)
  return mixed ^ (mixed >>> 11)
}

function slotOf(hash: number): number {
  return hash & (SLOT_COUNT - 1)
}

function nextSlot(slot: number): number {
  return (slot + 1) & (SLOT_COUNT - 1)
}
