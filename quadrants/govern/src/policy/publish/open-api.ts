import { DURATION_PATTERN, formatDuration } from '../schema/units.ts'
import type { FieldShape, ObjectShape, Rule, Shape } from '../schema/schema.ts'

/** A schema as JSON, with keys in the order in which Kubernetes writes them. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface SchemaDialect {
  /** With `x-kubernetes-…`, and nothing that structural schemas may not have (apiextensions/v1). */
  readonly isStructural: boolean
  /** Mappings are written here once, and referred to; structural schemas may not. */
  readonly definitions?: Definitions
}

/** Schemas of mappings by name, for `$defs`. */
export class Definitions {
  readonly schemas: Record<string, JsonSchema> = {}
  readonly #names = new Map<Shape, string>()

  /** The reference to a shape, whose schema is made when it is asked for first. */
  referTo(shape: ObjectShape, make: () => JsonSchema): JsonSchema {
    let name = this.#names.get(shape)
    if (name === undefined) {
      name = `${shape.what.replaceAll(/\W+/g, '-')}-${this.#names.size + 1}`
      this.#names.set(shape, name)
      this.schemas[name] = make()
    }
    return { $ref: `#/$defs/${name}` }
  }
}

/** The shape as OpenAPI 3 of a CRD, or as JSON Schema of draft 2020-12: the two differ in what is not known, and in rules. */
export function schemaOf(shape: Shape, dialect: SchemaDialect): JsonSchema {
  const { isStructural } = dialect
  switch (shape.kind) {
    case 'text':
      return {
        type: 'string',
        ...given('enum', shape.values),
        ...given('minLength', shape.lengthMin),
        ...given('maxLength', shape.lengthMax),
        ...given('pattern', shape.pattern && shape.pattern.source.replaceAll('\\/', '/')),
      }
    case 'duration':
      return {
        type: 'string',
        pattern: DURATION_PATTERN.source,
        description: `From ${formatDuration(shape.msMin)} to ${formatDuration(shape.msMax)}.`,
        ...(isStructural
          ? {
              maxLength: DURATION_LENGTH_MAX,
              'x-kubernetes-validations': [
                {
                  rule: `duration(self) >= duration('${shape.msMin}ms') && duration(self) <= duration('${shape.msMax}ms')`,
                  message: `from ${formatDuration(shape.msMin)} to ${formatDuration(shape.msMax)}`,
                },
              ],
            }
          : {}),
      }
    case 'quantity':
      return isStructural
        ? { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }
        : { type: ['integer', 'string'] }
    case 'number':
      return {
        type: shape.isWhole ? 'integer' : 'number',
        ...(isStructural && shape.isWhole ? { format: shape.max > 2 ** 31 - 1 ? 'int64' : 'int32' } : {}),
        ...given('enum', shape.values),
        minimum: shape.min,
        maximum: shape.max,
      }
    case 'bool':
      return { type: 'boolean' }
    case 'list':
      return {
        type: 'array',
        items: schemaOf(shape.item, dialect),
        ...(shape.countMin > 0 ? { minItems: shape.countMin } : {}),
        maxItems: shape.countMax,
        ...(isStructural ? listType(shape) : shape.isSet ? { uniqueItems: true } : {}),
        ...(isStructural ? validations(shape.rules) : {}),
      }
    case 'map':
      return {
        type: 'object',
        additionalProperties: schemaOf(shape.value, dialect),
        maxProperties: shape.countMax,
        ...(isStructural ? {} : { propertyNames: schemaOf(shape.key, dialect) }),
      }
    case 'object':
      return dialect.definitions
        ? dialect.definitions.referTo(shape, () => objectSchema(shape, dialect))
        : objectSchema(shape, dialect)
    case 'any':
      return isStructural ? { 'x-kubernetes-preserve-unknown-fields': true } : {}
  }
}

function objectSchema(shape: ObjectShape, dialect: SchemaDialect): JsonSchema {
  const required = Object.entries(shape.fields).flatMap(([name, field]) => (field.isRequired ? [name] : []))
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    ...(shape.isNeverEmpty ? { minProperties: 1 } : {}),
    properties: Object.fromEntries(
      Object.entries(shape.fields).map(([name, field]) => [name, fieldSchema(field, dialect)]),
    ),
    ...(dialect.isStructural ? validations(shape.rules) : { additionalProperties: false }),
  }
}

/** Four numbers of five digits with units. */
const DURATION_LENGTH_MAX = 28

function fieldSchema({ shape, about, fallback }: FieldShape, dialect: SchemaDialect): JsonSchema {
  const schema = schemaOf(shape, dialect)
  const description = [about, schema['description']].filter(Boolean).join(' ')
  return { description, ...given('default', fallback), ...without(schema, 'description') }
}

function listType(shape: Extract<Shape, { kind: 'list' }>): JsonSchema {
  if (shape.keys.length > 0)
    return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': shape.keys }
  const isScalar = shape.item.kind === 'text' || shape.item.kind === 'number'
  return { 'x-kubernetes-list-type': shape.isSet && isScalar ? 'set' : 'atomic' }
}

function validations(rules: readonly Rule[]): JsonSchema {
  return rules.length === 0
    ? {}
    : {
        'x-kubernetes-validations': rules.map(({ cel, message }) => ({
          rule: cel,
          message: message.replaceAll('`', ''),
        })),
      }
}

function given(key: string, value: unknown): JsonSchema {
  return value === undefined ? {} : { [key]: value }
}

function without(schema: JsonSchema, key: string): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key))
}
