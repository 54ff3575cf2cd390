const NEWLINE = 10

/** Calls for each line of a text in bytes, without its end. Stops when the visitor returns false. */
export function eachLine(bytes: Uint8Array, visit: (start: number, end: number) => boolean): void {
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    if (!visit(start, end)) return
    start = end + 1
  }
}

/** The hexadecimal digits from `start` on: where they end, and in `hexValue.value` what they say. */
export const hexValue = { value: 0 }

/** Reads up to 13 significant digits: what a double holds exactly. @returns `start` where there is none, or too many */
export function scanHex(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  let at = start
  for (; at < end; at++) {
    const digit = hexDigit(bytes[at]!)
    if (digit === -1) break
    value = value * 16 + digit
    if (value > Number.MAX_SAFE_INTEGER) return start
  }
  hexValue.value = value
  return at
}

export function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  if (byte >= 97 && byte <= 102) return byte - 87
  if (byte >= 65 && byte <= 70) return byte - 55
  return -1
}
