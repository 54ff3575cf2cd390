import { hideTokens } from '../../discover/redaction.ts'
import { percentDecoded } from '../percent-decoded.ts'
import { isSecretParameter, type SecretNames } from './secret-names.ts'

/** What stands where a secret was. */
export const REDACTED = '[redacted]'

/** Credentials with their scheme (RFC 9110, section 11.4), wherever they stand: the scheme stays. */
const SCHEME =
  /\b(bearer|basic|digest|negotiate|ntlm|hawk|apikey|token|aws4-hmac-sha256)(\s+|%20|\+)["']?([\w.~+/=:%-]{6,})/gi
/** `name=value`, `name: value`, `"name":"value"`: of the name, no more than its end. */
const ASSIGNMENT =
  /([\w.%[\]-]{1,64})("?\s{0,4}(?:=|:(?!\/\/))\s{0,4})("(?:[^"\\]|\\.){0,2048}"?|'[^']{0,2048}'?|[^\s;,&"'<>#]{1,2048})/g
/** The beginning of a JSON web token, or of anything else in base64 that begins as they do, also where its end was cut off. */
const TOKEN_START = /\beyJ[\w-]{6,}(?:\.[\w-]*){0,4}/g
/** Times that a text is taken out of its percent-encoding: URLs stand in URLs. */
const DECODE_MAX = 4

/**
 * A text from anywhere in a request without what looks like a secret: credentials after the name of their scheme, values
 * of what is named like a secret, passwords in URLs, tokens known by their shape; also within percent-encoding.
 */
export function redactText(text: string, names: SecretNames = {}): string {
  const plain = redactPlain(text, names)
  return hidesMore(plain, names) ? REDACTED : plain
}

function redactPlain(text: string, names: SecretNames): string {
  return hideAll(text).replace(ASSIGNMENT, (whole: string, name: string, sign: string, value: string) => {
    if (isSecretParameter(name, names)) return `${name}${sign}${REDACTED}`
    return value.includes('%') && hidesMore(value, names) ? `${name}${sign}${REDACTED}` : whole
  })
}

function hideAll(text: string): string {
  return hideTokens(text.replace(SCHEME, `$1$2${REDACTED}`).replace(TOKEN_START, REDACTED), REDACTED)
}

/** Whether a secret comes to light when the text is decoded. */
function hidesMore(text: string, names: SecretNames): boolean {
  let encoded = text
  for (let i = 0; i < DECODE_MAX && encoded.includes('%'); i++) {
    const decoded = percentDecoded(encoded)
    if (decoded === encoded) return false
    if (hasSecret(decoded, names)) return true
    encoded = decoded
  }
  // Encoded more often than anybody does: whoever hides that much is not shown.
  return /%(?:25){3}/.test(encoded)
}

function hasSecret(decoded: string, names: SecretNames): boolean {
  if (hideAll(decoded.replaceAll(REDACTED, '')) !== decoded.replaceAll(REDACTED, '')) return true
  for (const [, name, , value] of decoded.matchAll(ASSIGNMENT))
    if (value !== REDACTED && isSecretParameter(name!, names)) return true
  return false
}
