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
const SECRET_PARAMETER =
  /([?&;](?:access_token|refresh_token|id_token|token|api_?key|auth|client_secret|code|passwd|password|secret|sig|signature|x-amz-(?:signature|security-token))=)[^&;#]+/gi

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

function maskTarget(value: string): string {
  return value.includes('?') ? value.replace(SECRET_PARAMETER, `$1${MASK}`) : value
}
