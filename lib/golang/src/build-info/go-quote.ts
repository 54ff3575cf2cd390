const SIMPLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  '"': 34,
}

const DIGITS: Readonly<Record<string, readonly [digits: RegExp, radix: number]>> = {
  x: [/^[0-9a-fA-F]{2}/, 16],
  u: [/^[0-9a-fA-F]{4}/, 16],
  U: [/^[0-9a-fA-F]{8}/, 16],
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The length of the Go string literal that a text starts with, its quotes included; -1 where it starts with none. */
export function quotedLength(text: string): number {
  const quote = text[0]
  if (quote === '`') {
    const end = text.indexOf('`', 1)
    return end === -1 ? -1 : end + 1
  }
  if (quote !== '"') return -1
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
    else if (text[at] === '\n') return -1
  }
  return -1
}

/**
 * The value of a Go string literal, interpreted or raw (Go specification, String literals). Bytes that are not UTF-8
 * become U+FFFD. Undefined where it is not one literal from start to end.
 */
export function unquoteGo(text: string): string | undefined {
  if (quotedLength(text) !== text.length) return undefined
  const inner = text.slice(1, -1)
  if (text[0] === '`') return inner.replaceAll('\r', '')
  const bytes: number[] = []
  for (let at = 0; at < inner.length;) {
    if (inner[at] !== '\\') {
      const end = inner.indexOf('\\', at)
      const plain = inner.slice(at, end === -1 ? undefined : end)
      for (const byte of encoder.encode(plain)) bytes.push(byte)
      at += plain.length
      continue
    }
    const escape = readEscape(inner.slice(at + 1, at + 10))
    if (escape === undefined) return undefined
    bytes.push(...escape.bytes)
    at += 1 + escape.length
  }
  return decoder.decode(Uint8Array.from(bytes))
}

function readEscape(text: string): { readonly bytes: Iterable<number>; readonly length: number } | undefined {
  const letter = text[0] ?? ''
  const simple = SIMPLE[letter]
  if (simple !== undefined) return { bytes: [simple], length: 1 }
  const octal = /^[0-7]{3}/.exec(text)?.[0]
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8)
    return value > 255 ? undefined : { bytes: [value], length: 3 }
  }
  const form = DIGITS[letter]
  const digits = form?.[0].exec(text.slice(1))?.[0]
  if (form === undefined || digits === undefined) return undefined
  const value = Number.parseInt(digits, form[1])
  const length = 1 + digits.length
  if (letter === 'x') return { bytes: [value], length }
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined
  return { bytes: encoder.encode(String.fromCodePoint(value)), length }
}
