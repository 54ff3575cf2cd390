import type { KindName } from '../../policy/kind/kinds.ts'
import { findKind } from '../../policy/kind/kinds.ts'
import type { Shape } from '../../policy/schema/schema.ts'
import type { YamlPath } from '../../policy/yaml/yaml-node.ts'

/** A field of a kind, such as `RetryPolicy.backoff.max`, and what may stand there. */
export interface DeclaredField {
  readonly field: string
  readonly shape: Shape
}

/** All fields of a kind. What stands under `defaults` and `overrides` is the same as without. */
export function declaredFields(kind: KindName): readonly DeclaredField[] {
  const found = new Map<string, DeclaredField>()
  walk(findKind(kind)!.spec.shape, kind)
  return [...found.values()]

  function walk(shape: Shape, path: string): void {
    if (shape.kind === 'object')
      for (const [name, { shape: inner }] of Object.entries(shape.fields)) {
        const field = fieldName(path, name)
        found.set(field, { field, shape: inner })
        walk(inner, field)
      }
    else if (shape.kind === 'list') walk(shape.item, path)
    else if (shape.kind === 'map') walk(shape.value, path)
  }
}

export interface WrittenField extends DeclaredField {
  /** From the root of the document. */
  readonly path: YamlPath
  readonly value: unknown
}

/** Those of its kind that a document says. */
export function writtenFields(kind: KindName, spec: unknown): readonly WrittenField[] {
  const found: WrittenField[] = []
  walk(findKind(kind)!.spec.shape, spec, kind, ['spec'])
  return found

  function walk(shape: Shape, value: unknown, name: string, path: YamlPath): void {
    if (shape.kind === 'list' && Array.isArray(value))
      for (const [index, item] of value.entries()) walk(shape.item, item, name, [...path, index])
    if (shape.kind !== 'object' || typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      const declared = shape.fields[key]
      if (!declared) continue
      const field = fieldName(name, key)
      found.push({ field, shape: declared.shape, path: [...path, key], value: inner })
      walk(declared.shape, inner, field, [...path, key])
    }
  }
}

/** Words of which a field, or each item of it, is one. */
export function wordsOf(shape: Shape): { readonly of: Shape; readonly words: readonly string[] } {
  const of = shape.kind === 'list' ? shape.item : shape
  return { of, words: of.kind === 'text' || of.kind === 'number' ? (of.values ?? []).map(String) : [] }
}

const IN_PARTS = /^(\w+)\.(?:defaults|overrides)\.(?!strategy)/

function fieldName(path: string, name: string): string {
  return `${path}.${name}`.replace(IN_PARTS, '$1.')
}

/** The same value without what lies at a path. */
export function without(value: unknown, path: YamlPath): unknown {
  const copy = structuredClone(value)
  let at = copy as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) at = at[step] as typeof at
  delete at[path.at(-1)!]
  return copy
}
