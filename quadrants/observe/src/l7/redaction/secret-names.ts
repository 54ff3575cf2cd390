import { globMatch } from '@quadrant/core'
import { isSecretName } from '../../discover/redaction.ts'
import { percentDecoded } from '../percent-decoded.ts'

/** Names that people add to those that are always secret: globs (`*`, `?`), any case. */
export interface SecretNames {
  readonly headers?: readonly string[]
  readonly parameters?: readonly string[]
}

/** Words that make a name one of a secret wherever they stand in it. */
const ANYWHERE =
  /pass(?:word|wd|phrase|code)|passwd|secret|token|api[-_.]?key|private[-_.]?key|credential|signature|cookie|authori[sz]ation|authentication|bearer|jwt|sess(?:ion)?[-_.]?id|client[-_.]?cert/i
/** Words that do so as the whole name, or as its last part. */
const LAST_HEADER = /(?:^|[-_.])(?:key|auth|sig|sid|session|login|otp|pin|pwd|pass|csrf|xsrf|assertion)$/i
const AUTH_PREFIX = /(?:^|-)x?auth-/i
const LAST_PARAMETER = /(?:key|sig|auth|code|sid|session|otp|pin|pwd|pass|csrf|xsrf|assertion|ticket|hmac)$/i
/** Named like secrets, and none: part of a handshake that anybody may read, or made to be compared. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'idempotency-key',
  'sec-websocket-key',
  'surrogate-key',
])

/** Whether what a header holds is a secret by its name. */
export function isSecretHeader(name: string, { headers = [] }: SecretNames = {}): boolean {
  const lower = name.toLowerCase()
  if (matchesAny(headers, lower)) return true
  if (HARMLESS_HEADERS.has(lower)) return false
  // A browser has no other place for a token there.
  if (lower === 'sec-websocket-protocol') return true
  return ANYWHERE.test(lower) || LAST_HEADER.test(lower) || AUTH_PREFIX.test(lower) || isSecretName(lower)
}

/**
 * Whether what a parameter of a query or form holds is a secret by its name, as it was sent: `user[password]` and
 * `to%6ben` are. It errs on the side of hiding too much.
 */
export function isSecretParameter(name: string, { parameters = [] }: SecretNames = {}): boolean {
  const plain = percentDecoded(name).toLowerCase()
  return (
    ANYWHERE.test(plain) ||
    matchesAny(parameters, plain) ||
    plain
      .split(/[^\w.-]+/)
      .some(
        (part) =>
          part !== '' && (LAST_PARAMETER.test(part) || isSecretName(part) || matchesAny(parameters, part)),
      )
  )
}

function matchesAny(globs: readonly string[], lower: string): boolean {
  return globs.some((glob) => globMatch(glob.toLowerCase(), lower))
}
