/** A field of a sound message: where its tag, its content and its end are. */
export interface Field {
  readonly number: number
  readonly wireType: number
  readonly start: number
  /** First byte of the content; for wire type 2 behind the length. */
  readonly contentStart: number
  readonly end: number
}

/** The fields of an encoded message between two offsets. The bytes have been checked. */
export function* fieldsOf(bytes: Uint8Array, start = 0, end = bytes.length): Generator<Field> {
  let at = start
  while (at < end) {
    const [tag, tagEnd] = readNumber(bytes, at)
    const wireType = tag & 7
    let contentStart = tagEnd
    let fieldEnd: number
    if (wireType === 2) {
      const [length, lengthEnd] = readNumber(bytes, tagEnd)
      contentStart = lengthEnd
      fieldEnd = lengthEnd + length
    } else if (wireType === 0) {
      fieldEnd = tagEnd
      while (bytes[fieldEnd]! >= 0x80) fieldEnd++
      fieldEnd++
    } else fieldEnd = tagEnd + (wireType === 1 ? 8 : 4)
    yield { number: tag >>> 3, wireType, start: at, contentStart, end: fieldEnd }
    at = fieldEnd
  }
}

function readNumber(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0
  let shift = 0
  while (true) {
    const byte = bytes[at++]!
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80 || shift > 28) return [value, at]
    shift += 7
  }
}

/** `parts` as the content of a field of wire type 2. */
export function lengthDelimited(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  let length = 0
  for (const part of parts) length += part.length
  return [prefix(field, length), ...parts]
}

function prefix(field: number, length: number): Uint8Array {
  const bytes = [(field << 3) | 2]
  let rest = length
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
