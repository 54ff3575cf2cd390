/** A longer segment is no word of an API. */
const SEGMENT_LENGTH_MAX = 64

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const DATE = /^\d{4}-\d{2}(?:-\d{2})?(?:[t ][\d:.,+-]{4,24}z?)?$/i
const EMAIL = /^[^@]+@[^@.]+(?:\.[^@.]+)+$/
const VERSION = /^v\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{0,2})?$/i
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/
const IPV6 = /^(?=.*:.*:)[0-9a-f:.]{3,45}$/i
const NUMBER = /^-?\d+(?:\.\d+)?$/
const DOTTED = /^\d+(?:\.\d+){2,}$/
const NUMBERS_AND_SIGNS = /^[\d._,~+:-]*\d[\d._,~+:-]*$/
const HEX = /^[0-9a-f]+$/i
const PADDED = /^[\w+/-]{6,}={1,2}$/
const FILE = /^(.+)\.([a-z][a-z0-9]{1,4})$/i
/** `123:cancel`: a method of one thing (Google's API design guide, "Custom methods"). */
const CUSTOM_METHOD = /^(.+):([a-z]+)$/i

/**
 * What a segment, decoded, is by its looks: a placeholder such as `{id}` (with the literal parts around it, `{id}.jpg`), or
 * undefined where it may be a word. Names and slugs that are no obvious ids are learned: `RouteTree`.
 */
export function placeholderOf(segment: string): string | undefined {
  if (segment.length > SEGMENT_LENGTH_MAX) return '{token}'
  return EMAIL.test(segment) ? '{email}' : (composed(segment) ?? simple(segment))
}

function simple(text: string): string | undefined {
  if (!/[\d@=]/.test(text)) return isRandom(text) ? '{token}' : undefined
  if (/^\d+$/.test(text)) return '{id}'
  if (VERSION.test(text)) return undefined
  if (text.length === 36 && UUID.test(text)) return '{uuid}'
  if (DATE.test(text)) return '{date}'
  if (IPV4.test(text) || IPV6.test(text)) return '{ip}'
  if (NUMBER.test(text)) return '{number}'
  if (DOTTED.test(text)) return '{version}'
  if (NUMBERS_AND_SIGNS.test(text)) return '{id}'
  if (isHash(text)) return '{hash}'
  if (PADDED.test(text)) return '{token}'
  return ofParts(text)
}

/** `order-12345`, `cus_9s6XKzkNRiz8i3`: one part of it is enough. */
function ofParts(text: string): string | undefined {
  const parts = text.split(/[-_.~]/)
  if (parts.length === 1) return isRandom(text) ? '{token}' : isNumbered(text) ? '{id}' : undefined
  // Base64 for URLs has `-` and `_`, too: short parts, each of them mixed.
  if (text.length >= 16 && isRandom(text.replace(/[-_.~]/g, ''))) return '{token}'
  return parts.some((part) => /^\d{3,}$/.test(part) || isHash(part) || isRandom(part) || isNumbered(part))
    ? '{id}'
    : undefined
}

function composed(segment: string): string | undefined {
  const [, stem, extension] = FILE.exec(segment) ?? []
  if (stem !== undefined) {
    const parts = stem.split('.')
    const named = parts.map((part) => (isHash(part) || isRandom(part) ? '{hash}' : part))
    if (parts.length > 1 && named.some((part, i) => part !== parts[i]))
      return `${named.join('.')}.${extension}`
    const placeholder = simple(stem)
    return placeholder && `${placeholder}.${extension}`
  }
  const [, thing, method] = CUSTOM_METHOD.exec(segment) ?? []
  const placeholder = thing === undefined ? undefined : simple(thing)
  return placeholder === undefined ? undefined : `${placeholder}:${method}`
}

/** Hexadecimal with digits in it, as long as the shortest hash that git prints. */
function isHash(text: string): boolean {
  if (text.length < 7 || !HEX.test(text)) return false
  const digits = text.replace(/\D/g, '').length
  return digits >= (text.length < 12 ? 2 : 1)
}

/** `user12345`, not `oauth2` or `sha256`. */
function isNumbered(text: string): boolean {
  return /^[a-z]+\d{4,}$/i.test(text)
}

/**
 * Whether digits, small and capital letters change too often for words: `dQw4w9WgXcQ`, but not `getUserById` or
 * `iPhone15ProMax`. A capital letter with the small ones after it is one run.
 */
function isRandom(text: string): boolean {
  if (text.length < 10) return false
  let runs = 0
  let digits = 0
  let letters = 0
  let previous = 0
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i))
    if (kind === OTHER) return false
    if (kind === DIGIT) digits++
    else letters++
    if (kind !== previous && !(kind === SMALL && previous === CAPITAL)) runs++
    previous = kind
  }
  if (letters === 0) return false
  const length = text.length / runs
  if (digits === 0) return text.length >= 16 && length < 2.2
  return length < 2.3 || (text.length >= 20 && digits >= 3 && runs >= 6)
}

const DIGIT = 1
const SMALL = 2
const CAPITAL = 3
const OTHER = 4

function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return DIGIT
  if (code >= 0x61 && code <= 0x7a) return SMALL
  if (code >= 0x41 && code <= 0x5a) return CAPITAL
  return OTHER
}
