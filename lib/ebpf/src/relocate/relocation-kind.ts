/** `enum bpf_core_relo_kind` (include/uapi/linux/bpf.h), in the order of the numbers. */
export const RELOCATION_KINDS = [
  'field-byte-offset',
  'field-byte-size',
  'field-exists',
  'field-signed',
  'field-left-shift',
  'field-right-shift',
  'type-id-local',
  'type-id-target',
  'type-exists',
  'type-size',
  'enum-value-exists',
  'enum-value',
  'type-matches',
] as const

/** Words of a `struct bpf_core_relo`: byte offset of the instruction, type id, access string, kind. */
export const RELOCATION_WORDS = 4

/** What a relocation asks about the target's types. */
export type RelocationKind = (typeof RELOCATION_KINDS)[number]

/** What the access string of a relocation leads to. */
export function subjectOf(kind: RelocationKind): 'field' | 'type' | 'enum' {
  if (kind.startsWith('field')) return 'field'
  return kind.startsWith('enum') ? 'enum' : 'type'
}

/** The name without the flavour that tells local variants apart: `task_struct` of `task_struct___old`. */
export function essentialName(name: string): string {
  const flavour = name.indexOf('___')
  return flavour > 0 ? name.slice(0, flavour) : name
}
