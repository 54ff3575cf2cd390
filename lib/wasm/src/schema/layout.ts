import type { Diagnostic } from '@quadrant/core'
import { SchemaCode } from './code.ts'
import type { EnumDeclaration, Field, SchemaFile, StructDeclaration } from './declarations.ts'
import { defaultValue } from './default-value.ts'
import { SchemaProblem } from './problem.ts'
import { resolveType, type SchemaType } from './resolve-schema.ts'

/** Kinds of data by how many bits they have, as a power of two. */
export const DATA_KINDS = {
  bool: 0,
  int8: 3,
  uint8: 3,
  int16: 4,
  uint16: 4,
  int32: 5,
  uint32: 5,
  float32: 5,
  int64: 6,
  uint64: 6,
  float64: 6,
} as const
export type DataKind = keyof typeof DATA_KINDS

export type LayoutType =
  | { readonly kind: 'void' }
  | { readonly kind: DataKind }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'text' }
  | { readonly kind: 'data' }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'list'; readonly element: LayoutType }

export interface FieldLayout {
  readonly name: string
  readonly ordinal: number
  readonly type: LayoutType
  /** In units of the type's own size from the start of the data; of pointers their number; 0 of void. */
  readonly offset: number
  /** As it is written in the schema; undefined for zero, empty and null. */
  readonly initial: string | undefined
}

export interface StructLayout {
  /** Dotted, from the file's top. */
  readonly name: string
  readonly dataWords: number
  readonly pointerCount: number
  /** By ordinal. */
  readonly fields: readonly FieldLayout[]
}

export interface EnumLayout {
  readonly name: string
  /** By ordinal. */
  readonly enumerants: readonly string[]
}

/** Where everything lies in messages. */
export interface SchemaLayout {
  readonly structs: readonly StructLayout[]
  readonly enums: readonly EnumLayout[]
}

/** Lays out each struct of a schema as the reference compiler does (Cap'n Proto, encoding: structs). */
export function layOut(schema: SchemaFile): {
  readonly value: SchemaLayout | undefined
  readonly diagnostics: readonly Diagnostic[]
} {
  const structs: StructLayout[] = []
  const enums: EnumLayout[] = []
  const diagnostics: Diagnostic[] = []
  for (const declaration of schema.types.values())
    try {
      if (declaration.kind === 'struct') structs.push(layOutStruct(schema, declaration))
      else if (declaration.kind === 'enum') enums.push(layOutEnum(declaration))
    } catch (error) {
      if (!(error instanceof SchemaProblem)) throw error
      diagnostics.push(error.toDiagnostic(schema.file))
    }
  return { value: diagnostics.length > 0 ? undefined : { structs, enums }, diagnostics }
}

function layOutEnum({ name, enumerants }: EnumDeclaration): EnumLayout {
  return { name, enumerants: enumerants.map((each) => each.name) }
}

function layOutStruct(schema: SchemaFile, struct: StructDeclaration): StructLayout {
  const space = new DataSpace()
  let pointerCount = 0
  const fields = struct.fields.map((field): FieldLayout => {
    const name = flatName(field)
    const resolved = resolveType(schema, field.type, struct.name)
    const type = layoutType(resolved, field)
    const offset = type.kind === 'void' ? 0 : isPointer(type) ? pointerCount++ : space.allocate(sizeOf(type))
    const initial = defaultValue(schema, struct, field, resolved)
    if (initial !== undefined && isPointer(type))
      throw new SchemaProblem(
        SchemaCode.unsupported,
        `a default of ${type.kind} is not generated`,
        field.range,
        'leave it out: it is empty then',
      )
    return { name, ordinal: field.ordinal, type, offset, initial }
  })
  return { name: struct.name, dataWords: space.wordCount, pointerCount, fields }
}

/** A field of a group lies where others do: `street` of the group `address` is `addressStreet`. */
function flatName({ name, scope }: Field): string {
  let flat = name
  for (let around = scope; around !== undefined; around = around.parent) {
    if (around.kind === 'union')
      throw new SchemaProblem(
        SchemaCode.unsupported,
        'unions are not generated',
        around.range,
        'make a struct of its members, and a field that says which one holds',
      )
    flat = `${around.name}${flat[0]!.toUpperCase()}${flat.slice(1)}`
  }
  return flat
}

const BUILT_IN: ReadonlyMap<string, LayoutType> = new Map<string, LayoutType>([
  ['Void', { kind: 'void' }],
  ['Text', { kind: 'text' }],
  ['Data', { kind: 'data' }],
  ...(Object.keys(DATA_KINDS) as DataKind[]).map(
    (kind) => [kind.replace(/^u?./, (start) => start.toUpperCase()), { kind }] as const,
  ),
])

function layoutType(type: SchemaType, field: Field): LayoutType {
  if (type.kind === 'list') return { kind: 'list', element: layoutType(type.element, field) }
  if (type.kind === 'declared') {
    const { kind, name } = type.declaration
    if (kind !== 'interface') return { kind, name }
  } else {
    const known = BUILT_IN.get(type.name)
    if (known !== undefined) return known
  }
  throw new SchemaProblem(
    SchemaCode.unsupported,
    `fields of type ${field.type.name} are not generated`,
    field.type,
    'use a struct, a list, Text or Data',
  )
}

export function isPointer({ kind }: LayoutType): boolean {
  return kind === 'text' || kind === 'data' || kind === 'struct' || kind === 'list'
}

/** Bits of a value in data, as a power of two. */
export function sizeOf(type: LayoutType): number {
  return type.kind === 'enum' ? DATA_KINDS.uint16 : DATA_KINDS[type.kind as DataKind]
}

/** Gives out the data of a struct, smallest hole first. */
class DataSpace {
  wordCount = 0
  /** Of each size below a word the hole of that size, in units of it; there is one at most. */
  readonly #holes: (number | undefined)[] = []

  /** @returns an offset in units of the size */
  allocate(size: number): number {
    const hole = this.#takeHole(size)
    if (hole !== undefined) return hole
    const offset = this.wordCount++ << (6 - size)
    let rest = offset + 1
    for (let larger = size; larger < 6; larger++) {
      this.#holes[larger] = rest
      rest = (rest + 1) >> 1
    }
    return offset
  }

  #takeHole(size: number): number | undefined {
    if (size >= 6) return undefined
    const hole = this.#holes[size]
    if (hole !== undefined) {
      this.#holes[size] = undefined
      return hole
    }
    const larger = this.#takeHole(size + 1)
    if (larger === undefined) return undefined
    this.#holes[size] = larger * 2 + 1
    return larger * 2
  }
}
