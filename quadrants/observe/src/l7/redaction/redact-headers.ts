import { REDACTED, redactText } from './redact-text.ts'
import { isSecretHeader, type SecretNames } from './secret-names.ts'

/** A field of a head as it is kept: `HeaderField` of `quadrant.v1`. */
export interface KeptHeader {
  /** Lower case. */
  readonly name: string
  readonly value: string
  /** Bytes that the value had before it was cut, in UTF-8; 0 where it was not. */
  readonly cutBytes: number
}

export interface KeptHeaders {
  readonly fields: readonly KeptHeader[]
  /** Fields over the limit. */
  readonly omitted: number
}

/** What is kept of one head, either way. */
export const HeaderLimit = { fields: 64, nameBytes: 64, valueBytes: 1024 } as const

/** Characters past the limit that are looked at, so that no token is told by half because its end was cut off. */
const LOOK_AHEAD = 512

/**
 * What is kept of a head: names in lower case, secrets replaced, values cut to their limit. Pseudo-headers of HTTP/2
 * are left out; they stand in fields of their own.
 */
export function redactHeaders(
  fields: Iterable<readonly [name: string, value: string]>,
  names: SecretNames = {},
): KeptHeaders {
  const kept: KeptHeader[] = []
  let omitted = 0
  for (const [name, value] of fields) {
    if (name.startsWith(':')) continue
    if (kept.length === HeaderLimit.fields) omitted++
    else kept.push(redactHeader(name, value, names))
  }
  return { fields: kept, omitted }
}

function redactHeader(name: string, value: string, names: SecretNames): KeptHeader {
  const lower = wellFormed(name.toLowerCase())
  const whole = wellFormed(value)
  const bytes = Buffer.byteLength(whole)
  const shown = cutBytes(lower, HeaderLimit.nameBytes)
  if (value !== '' && isSecretHeader(lower, names)) return { name: shown, value: REDACTED, cutBytes: 0 }
  const redacted = redactText(whole.slice(0, HeaderLimit.valueBytes + LOOK_AHEAD), names)
  return {
    name: shown,
    value: cutBytes(redacted, HeaderLimit.valueBytes),
    cutBytes: bytes > HeaderLimit.valueBytes ? bytes : 0,
  }
}

/** Text that UTF-8 can hold, without control characters: it reaches terminals. */
function wellFormed(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.toWellFormed().replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd')
}

/** The longest beginning that has at most so many bytes in UTF-8. */
function cutBytes(text: string, max: number): string {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(max))
  return text.slice(0, read)
}
