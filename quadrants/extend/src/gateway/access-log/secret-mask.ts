/**
 * Fields whose values let others act as somebody. What is logged of them says that they were there, how they begin and
 * which cookies there are, never the secret itself.
 */
export const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-amz-security-token',
  'x-api-key',
  'x-auth-token',
  'x-goog-iam-authorization-token',
  'x-vault-token',
])

/** Fields with targets, whose parameters may be secrets. */
const TARGET_HEADERS: ReadonlySet<string> = new Set([':path', 'location', 'referer', 'x-envoy-original-path'])

const MASK = '***'
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'access_token',
  'api_key',
  'api-key',
  'apikey',
  'auth',
  'client_secret',
  'code',
  'id_token',
  'passwd',
  'password',
  'refresh_token',
  'secret',
  'sig',
  'signature',
  'token',
  'x-amz-security-token',
  'x-amz-signature',
])

/** How a value of this field is shown; undefined: as it is. */
export function maskOf(name: string): ((value: string) => string) | undefined {
  if (name === 'cookie') return (value) => value.split(';').map(maskPair).join(';')
  if (name === 'set-cookie') return maskSetCookie
  if (SECRET_HEADERS.has(name)) return maskCredentials
  return TARGET_HEADERS.has(name) ? maskTarget : undefined
}

/** `Bearer ***`: a scheme is no secret (RFC 9110 11.1), whatever has no blank behind it may be one. */
function maskCredentials(value: string): string {
  const [, scheme] = /^([A-Za-z][A-Za-z0-9-]{0,19}) /.exec(value) ?? []
  return scheme === undefined ? MASK : `${scheme} ${MASK}`
}

/** `sid=***`; what has no name is all secret. */
function maskPair(pair: string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? MASK : `${pair.slice(0, equals + 1)}${MASK}`
}

function maskSetCookie(value: string): string {
  const end = value.indexOf(';')
  return end === -1 ? maskPair(value) : maskPair(value.slice(0, end)) + value.slice(end)
}

/** Each parameter of the query with a name that promises a secret. */
function maskTarget(value: string): string {
  let at = value.indexOf('?') + 1
  if (at === 0) return value
  let masked = ''
  let copied = 0
  while (at < value.length) {
    const end = endOfParameter(value, at)
    const equals = value.indexOf('=', at)
    if (equals !== -1 && equals < end && SECRET_PARAMETERS.has(value.slice(at, equals).toLowerCase())) {
      masked += value.slice(copied, equals + 1) + MASK
      copied = end
    }
    at = end + 1
  }
  return copied === 0 ? value : masked + value.slice(copied)
}

function endOfParameter(value: string, from: number): number {
  for (let index = from; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code === AMPERSAND || code === SEMICOLON || code === HASH) return index
  }
  return value.length
}

const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const HASH = 0x23
