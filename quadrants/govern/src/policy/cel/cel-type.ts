/** A type of CEL, as far as Envoy's attributes and the standard functions have them (cel-spec, "Values"). */
export type CelType =
  | { readonly kind: ScalarName }
  | { readonly kind: 'list'; readonly item: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly kind: 'object'; readonly name: string; readonly fields: Readonly<Record<string, Attribute>> }
  | { readonly kind: 'parameter'; readonly name: string }

export type ScalarName =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'null'
  | 'type'
  | 'dyn'

/** Something that an expression can ask for. */
export interface Attribute {
  readonly type: CelType
  /** What it is. */
  readonly about: string
  /** It is known only with the response. */
  readonly isLate?: boolean
}

export const DYN: CelType = { kind: 'dyn' }
export const BOOL: CelType = { kind: 'bool' }
export const INT: CelType = { kind: 'int' }
export const STRING: CelType = { kind: 'string' }

export function listOf(item: CelType): CelType {
  return { kind: 'list', item }
}

export function mapOf(key: CelType, value: CelType): CelType {
  return { kind: 'map', key, value }
}

/** As people write it: `map(string, list(int))`. */
export function nameOf(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${nameOf(type.item)})`
    case 'map':
      return `map(${nameOf(type.key)}, ${nameOf(type.value)})`
    case 'object':
    case 'parameter':
      return type.name
    default:
      return type.kind
  }
}

/**
 * Whether a value of type `given` can stand where `wanted` is asked for. Parameters of `wanted` are bound on the way;
 * `dyn` fits everything, as nothing is known of it.
 */
export function fits(wanted: CelType, given: CelType, bound: Map<string, CelType> = new Map()): boolean {
  if (wanted.kind === 'parameter') {
    const known = bound.get(wanted.name)
    if (known === undefined || known.kind === 'dyn') {
      bound.set(wanted.name, given)
      return true
    }
    return fits(known, given)
  }
  if (wanted.kind === 'dyn' || given.kind === 'dyn') return true
  if (wanted.kind === 'list' && given.kind === 'list') return fits(wanted.item, given.item, bound)
  if (wanted.kind === 'map' && given.kind === 'map')
    return fits(wanted.key, given.key, bound) && fits(wanted.value, given.value, bound)
  if (wanted.kind === 'object' && given.kind === 'object') return wanted.name === given.name
  return wanted.kind === given.kind
}

/** The type with parameters replaced by what they are bound to. */
export function resolved(type: CelType, bound: ReadonlyMap<string, CelType>): CelType {
  if (type.kind === 'parameter') return bound.get(type.name) ?? DYN
  if (type.kind === 'list') return listOf(resolved(type.item, bound))
  if (type.kind === 'map') return mapOf(resolved(type.key, bound), resolved(type.value, bound))
  return type
}

/** The type of values of which some are of one type and some of another. */
export function joined(types: readonly CelType[]): CelType {
  const [first = DYN, ...rest] = types
  return rest.every((type) => fits(first, type) && fits(type, first)) ? first : DYN
}
