import type { Field, FieldScope, StructDeclaration } from './declarations.ts'

/** A group or union by what it means for the numbers that there were before. */
export interface ScopePlace {
  readonly scope: FieldScope
  /** Those that both schemas have, in it at any depth. */
  readonly ordinals: readonly number[]
  /** Equal where the same fields exclude one another, or belong to one group. */
  readonly signature: string
}

/**
 * Groups and unions of a struct that hold two or more of the numbers that were kept. One field alone may come to be in a new
 * group or union: its number is lower than those of the others, so it keeps its place and is what an old message has.
 */
export function scopePlaces(struct: StructDeclaration, kept: ReadonlySet<number>): readonly ScopePlace[] {
  const arms = new Map<FieldScope, Map<Field | FieldScope, number[]>>()
  for (const field of struct.fields) {
    if (!kept.has(field.ordinal)) continue
    let arm: Field | FieldScope = field
    for (let scope = field.scope; scope; scope = scope.parent) {
      const members = arms.get(scope) ?? new Map<Field | FieldScope, number[]>()
      arms.set(scope, members)
      members.set(arm, [...(members.get(arm) ?? []), field.ordinal])
      arm = scope
    }
  }
  return [...arms].flatMap(([scope, members]) => {
    const parts = [...members.values()]
    const ordinals = parts.flat().toSorted((a, b) => a - b)
    if (ordinals.length < 2) return []
    const inner = scope.kind === 'union' ? parts.map((part) => part.join()).join('|') : ordinals.join()
    return [{ scope, ordinals, signature: `${scope.kind} ${scope.ordinal ?? ''}: ${inner}` }]
  })
}
