/** Values of a message by the numbers of its fields: a number for varints, bytes for what has a length. */
export type ProtoFields = ReadonlyMap<number, number | Uint8Array>

/** More fields than any of these messages has. */
const FIELDS_MAX = 1000

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The fields of a protobuf message, the last of each number; undefined for bytes that are no message. Of the wire types
 * (protobuf.dev, Encoding) 64 and 32 bits are passed over, as are varints beyond 32 bits, and groups are refused.
 */
export function readProtoFields(bytes: Uint8Array): ProtoFields | undefined {
  const fields = new Map<number, number | Uint8Array>()
  let at = 0
  const varint = (): number | undefined => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      if (shift < 32) value += ((byte & 0x7f) << shift) >>> 0
      if (byte < 0x80) return value >>> 0
    }
    return undefined
  }
  for (let count = 0; at < bytes.length; count++) {
    const tag = varint()
    if (tag === undefined || tag >>> 3 === 0 || count > FIELDS_MAX) return undefined
    const wireType = tag & 7
    if (wireType === 0) {
      const value = varint()
      if (value === undefined) return undefined
      fields.set(tag >>> 3, value)
    } else if (wireType === 2) {
      const length = varint()
      if (length === undefined || at + length > bytes.length) return undefined
      fields.set(tag >>> 3, bytes.subarray(at, (at += length)))
    } else if (wireType === 1 || wireType === 5) at += wireType === 1 ? 8 : 4
    else return undefined
  }
  return at === bytes.length ? fields : undefined
}

/** Empty where it is not there, as proto3 has it. */
export function bytesField(fields: ProtoFields, number: number): Uint8Array {
  const value = fields.get(number)
  return value instanceof Uint8Array ? value : NO_BYTES
}

const NO_BYTES = new Uint8Array()

/** One character for each byte; undefined where it is not UTF-8, which makes the whole message none. */
export function textField(fields: ProtoFields, number: number): string | undefined {
  const value = bytesField(fields, number)
  try {
    UTF8.decode(value)
  } catch {
    return undefined
  }
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')
}

export function numberField(fields: ProtoFields, number: number): number {
  const value = fields.get(number)
  return typeof value === 'number' ? value : 0
}

/** Nothing for 0, as proto3 has it. */
export function varintField(number: number, value: number): Buffer {
  return value === 0 ? EMPTY : Buffer.concat([varintBytes(number << 3), varintBytes(value)])
}

/** @param value a message, or text of one character a byte */
export function lengthField(number: number, value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
  return Buffer.concat([varintBytes((number << 3) | 2), varintBytes(bytes.length), bytes])
}

/** Nothing for the empty one, as proto3 has it. */
export function scalarField(number: number, value: Uint8Array | string): Buffer {
  return value.length === 0 ? EMPTY : lengthField(number, value)
}

export function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varintBytes((number << 3) | 1), bytes])
}

const EMPTY = Buffer.alloc(0)

function varintBytes(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
