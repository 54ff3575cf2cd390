/** Tables over the 256 byte values, so that a scan asks one question a byte. */

function tableOf(holds: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(holds(code)))
}

function isAmong(characters: string): (code: number) => boolean {
  return (code) => characters.includes(String.fromCharCode(code))
}

const isDigit = (code: number) => code >= 0x30 && code <= 0x39
const isLetter = (code: number) => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
const isTokenMark = isAmong("!#$%&'*+-.^_`|~")
const isNoTarget = isAmong('"#<>')
const isNoPath = isAmong('"#<>\\`{}?')

/** The byte of a token (RFC 9110 5.6.2) with letters in lower-case; 0 for bytes that no token has. */
export const TOKEN_LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code < 0x80 && isLetter(code)) return code | 0x20
  return isDigit(code) || isTokenMark(code) ? code : 0
})

/** What values of fields may have: no control but the tab (RFC 9110 5.5). */
export const FIELD_VALUE: Uint8Array = tableOf((code) => code === 9 || (code >= 0x20 && code !== 0x7f))

/**
 * What a target may have in front of its `?`: of ASCII what is visible, without what no URI has and browsers escape.
 * A `\` is among that: some servers take it for a `/`.
 */
export const TARGET_PATH: Uint8Array = tableOf((code) => code > 0x20 && code < 0x7f && !isNoPath(code))

/** And behind it: browsers leave more as it is there. */
export const TARGET_QUERY: Uint8Array = tableOf((code) => code > 0x20 && code < 0x7f && !isNoTarget(code))

/** What names of hosts have: letters, digits, `-`, `.` and `_`. Nothing escaped, and none of a URI's other marks. */
export const HOST_NAME: Uint8Array = tableOf(
  (code) =>
    code < 0x80 && (isLetter(code) || isDigit(code) || code === 0x2d || code === 0x2e || code === 0x5f),
)

/** Value of a hexadecimal digit, 255 for other bytes. */
export const HEX_VALUE: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase())
  return value === -1 ? 255 : value
})

/** Controls that would end a line or a string behind us: 1 for each byte below the space but the tab, and for DEL. */
export const CONTROL: Uint8Array = tableOf((code) => (code < 0x20 && code !== 9) || code === 0x7f)

export const TAB = 9
export const LF = 10
export const CR = 13
export const SPACE = 0x20
export const COLON = 0x3a

/** First byte from `at` that is no white space, or `end`. */
export function skipBlank(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++
  return at
}

/** Behind the last byte in front of `end` that is no white space, or `start`. */
export function dropBlank(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && (bytes[at - 1] === SPACE || bytes[at - 1] === TAB)) at--
  return at
}
