/** `BTF_KIND_*` in the order of their numbers (include/uapi/linux/btf.h). */
export const BTF_KINDS = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const

/** The name of a kind of type. */
export type BtfKind = (typeof BTF_KINDS)[number]

/** A member of a struct or union; the name of an anonymous one is empty. */
export interface BtfMember {
  readonly name: string
  readonly typeId: number
  readonly offsetBits: number
  /** 0 when it is not a bit-field. */
  readonly bitfieldBits: number
}

/** A constant of an enum. */
export interface BtfEnumValue {
  readonly name: string
  readonly value: bigint
}

/** A variable of a data section: offset and size in bytes. */
export interface BtfSectionVariable {
  readonly typeId: number
  readonly offset: number
  readonly size: number
}

interface Numbered<K extends BtfKind> {
  readonly id: number
  readonly kind: K
  readonly name: string
}

/** No type, id 0. */
export interface BtfVoid extends Numbered<'void'> {}

/** An integer, character or `_Bool` of the compiler's. */
export interface BtfInt extends Numbered<'int'> {
  readonly bytes: number
  readonly bits: number
  readonly signed: boolean
  readonly bool: boolean
  readonly char: boolean
}

/** `float`, `double` or wider. */
export interface BtfFloat extends Numbered<'float'> {
  readonly bytes: number
}

/** `count` elements; 0 for a flexible array. */
export interface BtfArray extends Numbered<'array'> {
  readonly elementId: number
  readonly indexId: number
  readonly count: number
}

/** A struct or union, `bytes` long. */
export interface BtfComposite extends Numbered<'struct' | 'union'> {
  readonly bytes: number
  readonly members: readonly BtfMember[]
}

/** An enum of 1 to 8 bytes. */
export interface BtfEnum extends Numbered<'enum' | 'enum64'> {
  readonly bytes: number
  readonly signed: boolean
  readonly values: readonly BtfEnumValue[]
}

/** A struct or union that is declared, but not here. */
export interface BtfForward extends Numbered<'fwd'> {
  readonly union: boolean
}

/** What stands for another type: a pointer to it, a name, a qualifier, a function with its prototype. */
export interface BtfReference extends Numbered<
  'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag' | 'decl_tag' | 'func' | 'var'
> {
  readonly typeId: number
  /** Of `func` and `var`: 0 static, 1 global, 2 extern; of `decl_tag` the member's index, -1 for the whole. */
  readonly linkage: number
}

/** What a function takes and gives; returnId 0 is void. */
export interface BtfFunctionPrototype extends Numbered<'func_proto'> {
  readonly returnId: number
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly typeId: number }>
}

/** .data, .rodata, .bss, .maps and their kin: which variable is where. */
export interface BtfDataSection extends Numbered<'datasec'> {
  readonly bytes: number
  readonly variables: readonly BtfSectionVariable[]
}

/** A type of any kind, told apart by `kind`. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfFloat
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfReference
  | BtfFunctionPrototype
  | BtfDataSection
