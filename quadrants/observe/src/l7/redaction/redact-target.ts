import { REDACTED, redactText } from './redact-text.ts'
import { isSecretParameter, type SecretNames } from './secret-names.ts'

/** Most of a target that is kept, characters. */
const TARGET_LENGTH_MAX = 2048
/** Characters past it that are looked at, so that no token is told by half because its end was cut off. */
const LOOK_AHEAD = 512
/** A segment that follows one like `token` or `reset-password` and is no word: the secret itself. */
const OPAQUE_SEGMENT = /^(?=.*\d)[\w.~%=+-]{12,}$/

/**
 * A request's target (RFC 9112, section 3.2, in any of its forms) without secrets: parameters of the query and of path
 * segments that are named like one, tokens known by their shape, what follows a segment that is named like a secret.
 */
export function redactTarget(target: string, names: SecretNames = {}): string {
  const cut = target.slice(0, TARGET_LENGTH_MAX + LOOK_AHEAD)
  const mark = cut.search(/[?#]/)
  const path = mark < 0 ? cut : cut.slice(0, mark)
  const query = mark < 0 ? '' : redactQuery(cut.slice(mark), names)
  const redacted = redactPath(path, names) + query
  return redacted.length > TARGET_LENGTH_MAX ? `${redacted.slice(0, TARGET_LENGTH_MAX - 1)}…` : redacted
}

/** Whether a segment of a path is a secret because of the one before it: `/reset-password/3f9a8c7d6e5f1234`. */
export function isSecretSegment(segment: string, previous: string, names: SecretNames = {}): boolean {
  return OPAQUE_SEGMENT.test(segment) && isSecretParameter(previous, names)
}

function redactPath(path: string, names: SecretNames): string {
  let previous = ''
  return path
    .split(/(\/)/)
    .map((segment) => {
      if (segment === '/' || segment === '') return segment
      const hidden = isSecretSegment(segment, previous, names)
      previous = segment
      return hidden ? REDACTED : segment
    })
    .join('')
    .split(/(;)/)
    .map((part, i) => (i === 0 ? redactText(part, names) : redactPathParameter(part, names)))
    .join('')
}

/** `;jsessionid=…` of a segment, and the segments after it. */
function redactPathParameter(part: string, names: SecretNames): string {
  const end = part.indexOf('/')
  const parameter = end < 0 ? part : part.slice(0, end)
  return redactParameter(parameter, names) + (end < 0 ? '' : redactText(part.slice(end), names))
}

function redactQuery(query: string, names: SecretNames): string {
  return query
    .split(/([?&;#])/)
    .map((part) => redactParameter(part, names))
    .join('')
}

function redactParameter(parameter: string, names: SecretNames): string {
  const sign = parameter.indexOf('=')
  if (sign < 0) return redactText(parameter, names)
  const name = parameter.slice(0, sign)
  const value = parameter.slice(sign + 1)
  if (value === '') return parameter
  if (isSecretParameter(name, names)) return `${redactText(name, names)}=${REDACTED}`
  return `${redactText(name, names)}=${redactText(value.replaceAll('+', ' '), names).replaceAll(' ', '+')}`
}
