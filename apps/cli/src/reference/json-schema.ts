import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { elementOf, type JsonValue } from '../output/json.ts'

type Schema = { [key: string]: JsonValue }

export interface JsonSchemaOptions {
  /** File name, which is also the schema's identity. */
  readonly id: string
  /** Which command writes it. */
  readonly title: string
  /** Comment of a message (`Flow`) or of a field (`Flow.time_ns`) in the .proto file. */
  readonly comment: (name: string) => string | undefined
}

/** JSON Schema (2020-12) of what `jsonEncoder` writes for this message: made from the same descriptor. */
export function jsonSchema(desc: DescMessage, options: JsonSchemaOptions): JsonValue {
  const definitions: Schema = {}
  define(desc)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: options.id,
    title: options.title,
    $ref: `#/$defs/${desc.name}`,
    $defs: definitions,
  }

  function define(message: DescMessage): void {
    if (message.name in definitions) return
    const properties: Schema = {}
    // Entered first: a message may hold itself.
    const schema: Schema = {
      ...described(message.name),
      type: 'object',
      properties,
      // Message fields are left out where they are not set, and of a oneof there is one.
      required: message.fields
        .filter((field) => field.fieldKind !== 'message' && !field.oneof)
        .map((field) => field.jsonName),
    }
    definitions[message.name] = schema
    for (const field of message.fields) properties[field.jsonName] = fieldSchema(field, message)
  }

  function fieldSchema(field: DescField, message: DescMessage): Schema {
    const element = elementSchema(field)
    const comment = described(`${message.name}.${field.name}`)
    return field.fieldKind === 'list'
      ? { ...comment, type: 'array', items: element }
      : { ...comment, ...element }
  }

  function elementSchema(field: DescField): Schema {
    const { message, enum: enumeration, scalar } = elementOf(field)
    if (message) {
      define(message)
      return { $ref: `#/$defs/${message.name}` }
    }
    if (enumeration) return { type: 'string', enum: enumeration.values.map((value) => value.name) }
    return scalarSchema(scalar)
  }

  function described(name: string): Schema {
    const comment = options.comment(name)
    return comment === undefined ? {} : { description: comment }
  }
}

function scalarSchema(scalar: ScalarType | undefined): Schema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: 'string' }
    case ScalarType.BOOL:
      return { type: 'boolean' }
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' }
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', minimum: 0, maximum: 4_294_967_295 }
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: 'integer' }
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' }
    default:
      // 64-bit integers are strings in protobuf's JSON.
      return { type: 'string', pattern: '^-?[0-9]+$' }
  }
}
