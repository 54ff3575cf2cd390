/** All that needs no escape in a line of text: printable ASCII without quotation mark and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/
const SPECIAL = /[^ !#-[\]-~]/g

/**
 * A value of a request within a line: every other byte is written as `\xHH`. So no client can end a line, or a quotation,
 * or steer the terminal of whoever reads it.
 */
export function escapeText(value: string): string {
  return PLAIN.test(value) ? value : value.replace(SPECIAL, hexEscape)
}

function hexEscape(character: string): string {
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })
/** What JSON lets through, and terminals or line readers do not. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\u2028\u2029]/g

/** A text as a JSON string. */
export function jsonText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(
    UNSAFE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Bytes of a request as text: UTF-8 where they are that, and Latin-1 where they are not. */
export function decodedBytes(value: string): string {
  if (PLAIN.test(value)) return value
  try {
    return UTF8.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}
