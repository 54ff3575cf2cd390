import { ScalarType, type DescField, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import { printableJson } from './printable.ts'

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }
type ToJson = (value: unknown) => JsonValue

/**
 * Writes messages in protobuf's JSON form with every field, also those at their default: readers need not guess.
 * Compiled once from the descriptor: some ten times faster than reflecting over each message.
 */
export function jsonEncoder<Desc extends DescMessage>(
  desc: Desc,
): (message: MessageShape<Desc>) => JsonValue {
  return messageEncoder(desc, new Map())
}

/** One line, for JSON lines. */
export function jsonLine(value: JsonValue): string {
  return `${printableJson(JSON.stringify(value))}\n`
}

/** Indented, for a document. */
export function jsonDocument(value: JsonValue): string {
  return `${printableJson(JSON.stringify(value, null, 2))}\n`
}

function messageEncoder(desc: DescMessage, known: Map<string, ToJson>): ToJson {
  const ready = known.get(desc.typeName)
  if (ready) return ready
  // Entered before its fields are compiled, so that a message may hold itself.
  const steps: { name: string; read: (message: Record<string, unknown>) => JsonValue | undefined }[] = []
  const encode: ToJson = (value) => {
    const message = value as Record<string, unknown>
    const json: Record<string, JsonValue> = {}
    for (const step of steps) {
      const encoded = step.read(message)
      if (encoded !== undefined) json[step.name] = encoded
    }
    return json
  }
  known.set(desc.typeName, encode)
  for (const field of desc.fields) {
    const one = fieldEncoder(field, known)
    const { localName } = field
    steps.push({ name: field.jsonName, read: reader(field, one, localName) })
  }
  return encode
}

function reader(field: DescField, one: ToJson, localName: string) {
  if (field.oneof) {
    const group = field.oneof.localName
    return (message: Record<string, unknown>) => {
      const chosen = message[group] as { case?: string; value?: unknown }
      return chosen.case === localName ? one(chosen.value) : undefined
    }
  }
  if (field.fieldKind === 'list')
    return (message: Record<string, unknown>) => (message[localName] as unknown[]).map(one)
  return (message: Record<string, unknown>) => {
    const value = message[localName]
    return value === undefined ? undefined : one(value)
  }
}

function fieldEncoder(field: DescField, known: Map<string, ToJson>): ToJson {
  const { message, enum: enumeration, scalar } = elementOf(field)
  if (message) return messageEncoder(message, known)
  if (enumeration) {
    const names = new Map(enumeration.values.map((value) => [value.number, value.name]))
    return (value) => names.get(value as number) ?? (value as number)
  }
  switch (scalar) {
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value) => (Number.isFinite(value) ? (value as number) : String(value))
    case ScalarType.BYTES:
      return (value) => Buffer.from(value as Uint8Array).toString('base64')
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return String
    default:
      return (value) => value as JsonValue
  }
}

/** What one value of a field is: for a list, its element. @throws Error for a map field: quadrant.v1 has none. */
export function elementOf(field: DescField) {
  switch (field.fieldKind) {
    case 'map':
      throw new Error(`${field.toString()}: map fields have no JSON form here`)
    case 'message':
      return { message: field.message, enum: undefined, scalar: undefined }
    case 'enum':
      return { message: undefined, enum: field.enum, scalar: undefined }
    case 'scalar':
      return { message: undefined, enum: undefined, scalar: field.scalar }
    case 'list':
      return { message: field.message, enum: field.enum, scalar: field.scalar }
  }
}
