/** C0, DEL, C1, and the controls that reorder or hide text: they may come from the name of any process. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g // oxlint-disable-line no-control-regex

/** The text with every control character spelled out (`\x1b`), so that it cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
  })
}

/** JSON text with the control characters that JSON allows in strings written as escapes; its value is the same. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) => {
    // A line break between values is layout; inside strings JSON.stringify has escaped it already.
    if (character === '\n') return character
    return `\\u${hex(character.charCodeAt(0), 4)}`
  })
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
