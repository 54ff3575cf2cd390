import type { Diagnostic } from '@quadrant/core'
import { SchemaCode } from './code.ts'
import type { Field, SchemaFile, TypeDeclaration, TypeExpression } from './declarations.ts'
import { SchemaProblem } from './problem.ts'

const ALIAS_DEPTH_MAX = 16

const BUILT_IN: ReadonlySet<string> = new Set(
  (
    'Void Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 Text Data ' +
    'AnyPointer AnyStruct AnyList Capability'
  ).split(' '),
)

/** What a type expression stands for. */
export type SchemaType =
  | { readonly kind: 'built-in'; readonly name: string }
  | { readonly kind: 'list'; readonly element: SchemaType }
  | { readonly kind: 'declared'; readonly declaration: TypeDeclaration }

/** @throws {SchemaProblem} where the name is not declared, or stands for something of another file */
export function resolveType(schema: SchemaFile, type: TypeExpression, within: string, hops = 0): SchemaType {
  if (hops > ALIAS_DEPTH_MAX)
    throw new SchemaProblem(SchemaCode.limit, `${type.name} goes through too many names`, type)
  if (type.name === 'import')
    throw new SchemaProblem(
      SchemaCode.unsupported,
      'a type of another file is not read',
      type,
      'declare it in this file',
    )
  if (type.name === 'List') {
    if (!type.element) throw new SchemaProblem(SchemaCode.syntax, 'a list of what?', type, 'List(Text)')
    return { kind: 'list', element: resolveType(schema, type.element, within, hops) }
  }
  if (type.element)
    throw new SchemaProblem(SchemaCode.unsupported, `${type.name} is generic, which is not supported`, type)
  const found = lookUp(type.name, within, (name) => schema.types.has(name) || schema.aliases.has(name))
  if (found === undefined) {
    if (BUILT_IN.has(type.name)) return { kind: 'built-in', name: type.name }
    const [head, ...tail] = type.name.split('.')
    const alias = tail.length > 0 ? lookUp(head!, within, (name) => schema.aliases.has(name)) : undefined
    if (alias !== undefined) {
      const target = schema.aliases.get(alias)!
      const name = target.name === 'import' ? 'import' : [target.name, ...tail].join('.')
      return resolveType(schema, { ...type, name }, parentOf(alias), hops + 1)
    }
    throw new SchemaProblem(
      SchemaCode.name,
      `${type.name} is not declared`,
      type,
      'declare it, or write one that is',
    )
  }
  const declaration = schema.types.get(found)
  if (declaration) return { kind: 'declared', declaration }
  const target = schema.aliases.get(found)!
  return resolveType(schema, { ...target, start: type.start, end: type.end }, parentOf(found), hops + 1)
}

/** Of all fields; what cannot be resolved is told. */
export function resolveFields(schema: SchemaFile): {
  readonly value: ReadonlyMap<Field, SchemaType>
  readonly diagnostics: readonly Diagnostic[]
} {
  const value = new Map<Field, SchemaType>()
  const diagnostics: Diagnostic[] = []
  for (const declaration of schema.types.values()) {
    if (declaration.kind !== 'struct') continue
    for (const field of declaration.fields) {
      try {
        value.set(field, resolveType(schema, field.type, declaration.name))
      } catch (problem) {
        if (!(problem instanceof SchemaProblem)) throw problem
        diagnostics.push(problem.toDiagnostic(schema.file))
      }
    }
  }
  return { value, diagnostics }
}

/** The path that `name` stands for inside of `within`: the innermost scope that has it; `.name` is the file's. */
export function lookUp(name: string, within: string, has: (path: string) => boolean): string | undefined {
  if (name.startsWith('.')) return has(name.slice(1)) ? name.slice(1) : undefined
  for (let scope = within; ; scope = parentOf(scope)) {
    const path = scope === '' ? name : `${scope}.${name}`
    if (has(path)) return path
    if (scope === '') return undefined
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

/** As a person writes it. */
export function typeText(type: SchemaType): string {
  if (type.kind === 'built-in') return type.name
  return type.kind === 'list' ? `List(${typeText(type.element)})` : type.declaration.name
}
