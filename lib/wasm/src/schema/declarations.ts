import type { TextRange } from '@quadrant/core'
import type { Token } from './tokens.ts'

/** A type as it is written: `List(shop.Item)`. */
export interface TypeExpression extends TextRange {
  /** Dotted; `import` at its beginning where it comes of another file. */
  readonly name: string
  /** `T` of `List(T)`. */
  readonly element: TypeExpression | undefined
}

/** A group or union around fields. */
export interface FieldScope {
  readonly kind: 'group' | 'union'
  /** Empty for the unnamed union. */
  readonly name: string
  readonly parent: FieldScope | undefined
  /** Of a union whose tag has a number: `u @3! :union`. */
  readonly ordinal: number | undefined
  readonly range: TextRange
}

export interface Field {
  readonly name: string
  readonly ordinal: number
  readonly type: TypeExpression
  /** Tokens of the default value; empty where none is written. */
  readonly initial: readonly Token[]
  readonly scope: FieldScope | undefined
  readonly range: TextRange
}

interface Declared {
  /** Dotted, from the file's top: `Person.Phone`. */
  readonly name: string
  readonly explicitId: bigint | undefined
  readonly range: TextRange
}

export interface StructDeclaration extends Declared {
  readonly kind: 'struct'
  /** By ordinal; those of groups and unions among them. */
  readonly fields: readonly Field[]
  readonly scopes: readonly FieldScope[]
}

export interface Enumerant {
  readonly name: string
  readonly ordinal: number
  readonly range: TextRange
}

export interface EnumDeclaration extends Declared {
  readonly kind: 'enum'
  /** By ordinal. */
  readonly enumerants: readonly Enumerant[]
}

/** Its methods are not read: only what lies in memory matters here. */
export interface InterfaceDeclaration extends Declared {
  readonly kind: 'interface'
}

export type TypeDeclaration = StructDeclaration | EnumDeclaration | InterfaceDeclaration

/** A Cap'n Proto schema file, each name by its dotted path. */
export interface SchemaFile {
  readonly file: string
  readonly id: bigint
  readonly idRange: TextRange
  readonly types: ReadonlyMap<string, TypeDeclaration>
  readonly aliases: ReadonlyMap<string, TypeExpression>
  readonly constants: ReadonlyMap<string, readonly Token[]>
}
