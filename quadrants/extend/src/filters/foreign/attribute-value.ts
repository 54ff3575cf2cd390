import { pairsByteLength, Result, writePairs } from '@quadrant/wasm/proxy-wasm'

/** Each character of a string is a byte, as in header maps; a number is a whole one (`int` of CEL). */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | { readonly kind: 'int' | 'uint' | 'timestamp' | 'duration'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly AttributeValue[] }
  | AttributeMap
  | AttributeMessage

export interface AttributeMap {
  readonly kind: 'map'
  readonly get: (key: string) => AttributeValue | undefined
  /** Undefined where what is in it is not to be listed, such as `request`. */
  readonly entries: (() => Iterable<readonly [key: AttributeValue, value: AttributeValue]>) | undefined
}

/** A protobuf message. */
export interface AttributeMessage {
  readonly kind: 'message'
  /** All that it can have, also where they are not set. */
  readonly fields: ReadonlyMap<string, AttributeValue>
  readonly bytes: () => Uint8Array
}

/** A map whose content is known. */
export function mapValue(entries: ReadonlyMap<string, AttributeValue>): AttributeMap {
  return { kind: 'map', get: (key) => entries.get(key), entries: () => entries }
}

/** Text as the bytes of its UTF-8, one character each. */
export function utf8Text(text: string): string {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text).toString('latin1')
}

/**
 * What a filter is given of it, as `serializeValue` of Envoy: text and bytes as they are, numbers in 8 bytes, times in
 * nanoseconds, lists and maps as pairs (a list's values are empty), messages as protobuf.
 *
 * @returns the number it gets instead where there is no such form, or where it is over the limit
 */
export function serializeAttribute(value: AttributeValue, bytesMax: number): Uint8Array | string | Result {
  if (typeof value === 'string') return value.length > bytesMax ? Result.SERIALIZATION_FAILURE : value
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  if (typeof value === 'number') return eightBytes(BigInt(value))
  if (value === null) return Result.SERIALIZATION_FAILURE
  switch (value.kind) {
    case 'int':
    case 'uint':
    case 'timestamp':
    case 'duration':
      return eightBytes(value.value)
    case 'double': {
      const bytes = new Uint8Array(8)
      new DataView(bytes.buffer).setFloat64(0, value.value, true)
      return bytes
    }
    case 'bytes':
      return value.value.length > bytesMax ? Result.SERIALIZATION_FAILURE : value.value
    case 'message': {
      const bytes = value.bytes()
      return bytes.length > bytesMax ? Result.SERIALIZATION_FAILURE : bytes
    }
    case 'list':
      return pairs(
        value.items.map((item) => [item, ''] as const),
        bytesMax,
      )
    case 'map':
      return value.entries === undefined ? Result.SERIALIZATION_FAILURE : pairs(value.entries(), bytesMax)
  }
}

function pairs(
  entries: Iterable<readonly [AttributeValue, AttributeValue]>,
  bytesMax: number,
): Uint8Array | Result {
  const names: string[] = []
  const values: string[] = []
  let left = bytesMax - 4
  for (const [key, value] of entries) {
    const name = textOf(key, left)
    const text = name === undefined ? undefined : textOf(value, left - name.length)
    if (name === undefined || text === undefined) return Result.SERIALIZATION_FAILURE
    left -= name.length + text.length + 10
    names.push(name)
    values.push(text)
  }
  if (left < 0) return Result.SERIALIZATION_FAILURE
  const bytes = Buffer.alloc(pairsByteLength(names, values))
  writePairs(names, values, bytes, 0)
  return bytes
}

function textOf(value: AttributeValue, bytesMax: number): string | undefined {
  const serialized = serializeAttribute(value, bytesMax)
  if (typeof serialized === 'number') return undefined
  if (typeof serialized === 'string') return serialized
  return Buffer.from(serialized.buffer, serialized.byteOffset, serialized.length).toString('latin1')
}

/** Little-endian; negative ones as two's complement. */
function eightBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, value), true)
  return bytes
}
