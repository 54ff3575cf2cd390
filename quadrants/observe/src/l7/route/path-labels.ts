import { percentDecoded } from '../percent-decoded.ts'
import { redactText } from '../redaction/redact-text.ts'
import { isSecretSegment } from '../redaction/redact-target.ts'
import { placeholderOf } from './segment-class.ts'

/** Segments of a route; what is deeper is `{rest...}`. */
export const SEGMENTS_MAX = 12
/** Of a target that is looked at; what follows is `{rest...}`, too. */
const PATH_LENGTH_MAX = 1024
/** Characters of a route before its `{rest...}`. */
const ROUTE_LENGTH_MAX = 240
/** A shorter segment of small letters is a word: see `isRandom` in segment-class.ts. */
const SHORT_LENGTH_MAX = 15
/** `key=abc` is as short as what looks like a secret gets. */
const SECRET_LENGTH_LEAST = 5
/** What stands for all segments over the limit, as in Go's `ServeMux`. */
const REST = '{rest...}'
/** What means something in a route, or cannot stand in a line. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNSAFE = /[\u0000-\u0020%/?#{}\u007f-\u009f]/
const UNSAFE_EACH = new RegExp(UNSAFE, 'g')

/**
 * The path of a request's target in any of its forms (RFC 9112, section 3.2), without query and fragment; undefined where
 * it has none: `*`, `host:port`.
 */
export function pathOfTarget(target: string): string | undefined {
  const query = target.indexOf('?')
  const fragment = target.indexOf('#')
  const end = query < 0 ? fragment : fragment < 0 ? query : Math.min(query, fragment)
  const whole = end < 0 ? target : target.slice(0, end)
  if (whole.startsWith('/')) return whole
  const absolute = /^[a-z][a-z0-9+.-]{0,15}:\/\/[^/]*(\/.*)?$/is.exec(whole)
  return absolute ? (absolute[1] ?? '/') : undefined
}

/** Segments of a path as they stand in routes: in one encoding whatever they came in, with placeholders for obvious ids. */
export function labelsOf(path: string): string[] {
  const labels: string[] = []
  let length = 0
  for (let start = 1, end = 0; end < path.length; start = end + 1) {
    const slash = path.indexOf('/', start)
    end = slash < 0 ? path.length : slash
    if (labels.length === SEGMENTS_MAX || end > PATH_LENGTH_MAX) return [...labels, REST]
    const label = labelOf(path.slice(start, end), labels.at(-1) ?? '')
    length += label.length + 1
    if (length > ROUTE_LENGTH_MAX) return [...labels, REST]
    labels.push(label)
  }
  return labels
}

function labelOf(segment: string, previous: string): string {
  return plainLabelOf(segment) ?? anyLabelOf(segment, previous)
}

/** Most segments are short words or numbers, and need no closer look. */
function plainLabelOf(segment: string): string | undefined {
  if (segment.length > SHORT_LENGTH_MAX) return undefined
  let digits = 0
  for (let i = 0; i < segment.length; i++) {
    const code = segment.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) digits++
    else if (!((code >= 0x61 && code <= 0x7a) || code === 0x2d || code === 0x5f)) return undefined
  }
  if (digits === 0) return segment
  return digits === segment.length ? '{id}' : undefined
}

function anyLabelOf(segment: string, previous: string): string {
  const semicolon = segment.indexOf(';')
  const plain = percentDecoded(semicolon < 0 ? segment : segment.slice(0, semicolon))
  const placeholder = placeholderOf(plain)
  if (placeholder === undefined) return isSecret(plain, previous) ? '{token}' : encoded(plain)
  // Around a placeholder stands what has none of these.
  return UNSAFE.test(placeholder.replace(/\{\w+\}/, '')) ? '{token}' : placeholder
}

/** Routes are kept and sent on: no word of them is a secret. */
function isSecret(plain: string, previous: string): boolean {
  return (
    plain.length >= SECRET_LENGTH_LEAST && (isSecretSegment(plain, previous) || redactText(plain) !== plain)
  )
}

/** The one way to write a segment: decoded, but for what means something in a route. */
export function encoded(plain: string): string {
  return plain.toWellFormed().replace(UNSAFE_EACH, (char) => encodeURIComponent(char))
}

/** Whether a label stands for many values. */
export function isPlaceholder(label: string): boolean {
  return label.includes('{')
}
