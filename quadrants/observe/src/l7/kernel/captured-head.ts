/** What stands for a secret. */
const REDACTED = '***'

/** Fields whose values are secrets, by their names in lower case (RFC 9110, 11; RFC 6265). */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
])

/** Fields of one head; no server takes more. */
const FIELDS_MAX = 256

/** A field as it was sent, but for secrets. */
export type HeadField = readonly [name: string, value: string]

/** The start line and fields of a message, which may end anywhere. */
export interface ParsedHead {
  readonly startLine: string
  readonly fields: readonly HeadField[]
}

/**
 * Reads a head and takes the secrets out of it: the values of fields that hold them, and the query, where anything may
 * be. A line that is no field is left out.
 *
 * @param text bytes as letters (latin1)
 * @param secretFields names in lower case, beside those that always are secrets
 */
export function parseHead(text: string, secretFields: ReadonlySet<string>): ParsedHead {
  const [startLine = '', ...lines] = text.split(/\r?\n/)
  const fields: HeadField[] = []
  for (const line of lines.slice(0, FIELDS_MAX)) {
    const colon = line.indexOf(':')
    // A line that begins with a blank goes on with the one before (RFC 9112, 5.2), which may be a secret.
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue
    const name = line.slice(0, colon)
    const key = name.trim().toLowerCase()
    const isSecret = SECRET_FIELDS.has(key) || secretFields.has(key)
    fields.push([name, isSecret ? REDACTED : withoutSecrets(line.slice(colon + 1).trim())])
  }
  const [method = '', target = '', ...rest] = startLine.split(' ')
  return { startLine: [method, withoutSecrets(target), ...rest].join(' '), fields }
}

/** An address without its query and who asks; anything else as it is. */
function withoutSecrets(value: string): string {
  if (!/^(?:[a-z][a-z\d+.-]*:)?\/|^\*/i.test(value)) return value
  return value.replace(/\?.*$/, `?${REDACTED}`).replace(/^([^/]*\/\/)[^/]*@/, `$1${REDACTED}@`)
}
