import { SchemaCode } from '../code.ts'
import { SchemaProblem } from '../problem.ts'
import type { GoField, GoPackage, GoStruct, GoType } from './go-types.ts'

/** A basic type of Go, with what carries it. */
export const GO_BASIC: ReadonlyMap<string, string> = new Map([
  ['bool', 'Bool'],
  ['int8', 'Int8'],
  ['int16', 'Int16'],
  ['int32', 'Int32'],
  ['rune', 'Int32'],
  ['int64', 'Int64'],
  ['int', 'Int64'],
  ['uint8', 'UInt8'],
  ['byte', 'UInt8'],
  ['uint16', 'UInt16'],
  ['uint32', 'UInt32'],
  ['uint64', 'UInt64'],
  ['uint', 'UInt64'],
  ['float32', 'Float32'],
  ['float64', 'Float64'],
  ['string', 'Text'],
  ['complex64', 'Complex64'],
  ['complex128', 'Complex128'],
])

/** Types of Go's own packages that are numbers. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['time.Duration', 'int64'],
  ['time.Month', 'int'],
  ['time.Weekday', 'int'],
])

/** How a Go type crosses: what its values are, whatever they are called. */
export type GoShape =
  | { readonly kind: 'basic'; readonly go: string; readonly basic: string }
  | { readonly kind: 'bytes'; readonly go: string; readonly length: number | undefined }
  | { readonly kind: 'struct'; readonly go: string; readonly struct: string }
  | { readonly kind: 'pointer'; readonly go: string; readonly struct: string }
  | {
      readonly kind: 'list'
      readonly go: string
      readonly element: GoShape
      readonly length: number | undefined
    }
  | {
      readonly kind: 'map'
      readonly go: string
      readonly key: GoShape
      readonly element: GoShape
      readonly entry: string
    }

export interface ShapedField {
  /** In Go. */
  readonly name: string
  /** In the schema. */
  readonly schemaName: string
  readonly ordinal: number
  readonly shape: GoShape
}

export interface ShapedStruct {
  readonly name: string
  readonly fields: readonly ShapedField[]
}

const ALIAS_DEPTH_MAX = 16
const FIELDS_MAX = 10_000

/** How the fields of a struct cross. @throws {SchemaProblem} with the field that cannot */
export function shapeStruct(source: GoPackage, struct: GoStruct): ShapedStruct {
  const fields = struct.fields.filter(({ name, tag }) => tag !== '-' && /^\p{Lu}/u.test(name))
  if (fields.length > FIELDS_MAX)
    throw new SchemaProblem(SchemaCode.limit, `it has more than ${FIELDS_MAX} fields`, struct)
  const numbered = fields.map(readTag)
  const withNumbers = numbered.filter(({ isNumbered }) => isNumbered).length
  if (withNumbers > 0 && withNumbers < numbered.length)
    throw new SchemaProblem(
      SchemaCode.ordinal,
      `some fields of ${struct.name} have numbers, and some have none`,
      numbered.find(({ isNumbered }) => !isNumbered)!.field,
      'number all of them: `capnp:"@3"`',
    )
  const sorted = numbered.toSorted((a, b) => a.ordinal - b.ordinal)
  for (const [index, { ordinal, field }] of sorted.entries())
    if (ordinal !== index)
      throw new SchemaProblem(
        SchemaCode.ordinal,
        `${struct.name}.${field.name} is @${ordinal}, @${index} is next`,
        field,
      )
  const names = new Set<string>()
  return {
    name: struct.name,
    fields: sorted.map(({ field, ordinal, schemaName }) => {
      if (names.has(schemaName))
        throw new SchemaProblem(
          SchemaCode.name,
          `two fields are ${schemaName} in the schema`,
          field,
          'name one: `capnp:"other"`',
        )
      names.add(schemaName)
      const entry = `${struct.name}${upperFirst(schemaName)}Entry`
      return { name: field.name, schemaName, ordinal, shape: shapeOf(source, field.type, entry, 0) }
    }),
  }
}

/** `@3`, `name`, `@3,name` or nothing. */
function readTag(field: GoField, index: number) {
  const [, digits, name] = /^(?:@(\d{1,5}))?,?([a-z][a-zA-Z0-9]*)?$/.exec(field.tag) ?? []
  if (field.tag !== '' && digits === undefined && name === undefined)
    throw new SchemaProblem(
      SchemaCode.syntax,
      `the tag capnp:"${field.tag}" is not read`,
      field,
      'capnp:"@3,name"',
    )
  return {
    field,
    isNumbered: digits !== undefined,
    ordinal: digits === undefined ? index : Number(digits),
    schemaName: name ?? schemaNameOf(field),
  }
}

/** `UserID` is `userID`, `URL` is `url`. */
function schemaNameOf(field: GoField): string {
  const name = field.name.replaceAll('_', '')
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name))
    throw new SchemaProblem(
      SchemaCode.name,
      `${field.name} is no name of a schema`,
      field,
      'give it one: `capnp:"name"`',
    )
  const capitals = /^[A-Z]+/.exec(name)?.[0].length ?? 0
  const lowered = capitals === name.length || capitals <= 1 ? capitals : capitals - 1
  return name.slice(0, lowered).toLowerCase() + name.slice(lowered)
}

function shapeOf(source: GoPackage, type: GoType, entry: string, hops: number): GoShape {
  if (hops > ALIAS_DEPTH_MAX)
    throw new SchemaProblem(SchemaCode.limit, 'it goes through too many names', type)
  switch (type.kind) {
    case 'name':
      return shapeOfName(source, type.name, type, entry, hops)
    case 'pointer': {
      const element = shapeOf(source, type.element, entry, hops + 1)
      if (element.kind === 'struct') return { kind: 'pointer', go: `*${element.go}`, struct: element.struct }
      throw new SchemaProblem(
        SchemaCode.unsupported,
        'a pointer to something else than a struct cannot cross',
        type,
        'use a struct with one field',
      )
    }
    case 'slice':
    case 'array': {
      const element = shapeOf(source, type.element, entry, hops + 1)
      const length = type.kind === 'array' ? type.length : undefined
      const go = `[${length ?? ''}]${element.go}`
      if (element.go === 'byte' || element.go === 'uint8') return { kind: 'bytes', go, length }
      return { kind: 'list', go, element, length }
    }
    case 'map': {
      const key = shapeOf(source, type.key, entry, hops + 1)
      if (key.kind !== 'basic' || !/^(?:string|u?int\d*)$/.test(key.basic))
        throw new SchemaProblem(
          SchemaCode.unsupported,
          'a map whose keys are no texts or integers cannot cross',
          type.key,
        )
      const element = shapeOf(source, type.element, entry.replace(/Entry$/, 'InnerEntry'), hops + 1)
      return { kind: 'map', go: `map[${key.go}]${element.go}`, key, element, entry }
    }
    default:
      throw new SchemaProblem(
        SchemaCode.unsupported,
        `${type.what} cannot cross`,
        type,
        'leave the field out: `capnp:"-"`',
      )
  }
}

function shapeOfName(source: GoPackage, name: string, type: GoType, entry: string, hops: number): GoShape {
  const declared = source.types.get(name)
  if (declared?.kind === 'struct') return { kind: 'struct', go: name, struct: name }
  if (declared !== undefined) {
    const shape = shapeOf(source, declared.type, entry, hops + 1)
    // A struct under another name has the fields of the first.
    return shape.kind === 'struct' ? shape : { ...shape, go: name }
  }
  const basic = FOREIGN.get(name) ?? name
  if (GO_BASIC.has(basic))
    return { kind: 'basic', go: name, basic: basic === 'byte' ? 'uint8' : basic === 'rune' ? 'int32' : basic }
  const fix =
    name === 'time.Time' ? 'use int64: nanoseconds since 1970 (UnixNano)' : 'declare it in this file'
  throw new SchemaProblem(SchemaCode.unsupported, `${name} is not declared here, and cannot cross`, type, fix)
}

export function upperFirst(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
