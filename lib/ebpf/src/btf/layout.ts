/** Kind numbers; `BTF_KINDS` has them by name. */
const KIND = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  funcProto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const

/**
 * A type is `struct btf_type` and what its kind adds:
 *
 *     ┌─────────────┬──────────────────────────────┬────────────┬──────────────
 *     │ name_off 32 │ flag 1 · · kind 5 · vlen 16  │ size │ type │ by kind
 *     └─────────────┴──────────────────────────────┴────────────┴──────────────
 */
export const TYPE_BYTES = 12

/** The number of the kind, from the second word of `struct btf_type`. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x1f
}

/** vlen: how many members, values, parameters or variables follow. */
export function countOf(info: number): number {
  return info & 0xffff
}

/** kind_flag: bit-fields in a struct, signed values in an enum, a union for a forward declaration. */
export function flagOf(info: number): boolean {
  return info >>> 31 === 1
}

/** Bytes that follow `struct btf_type`, -1 for a kind nobody has told us of: its length is unknown. */
export function trailingBytes(info: number): number {
  const count = countOf(info)
  switch (kindOf(info)) {
    case KIND.int:
    case KIND.var:
    case KIND.declTag:
      return 4
    case KIND.array:
      return 12
    case KIND.struct:
    case KIND.union:
    case KIND.datasec:
    case KIND.enum64:
      return 12 * count
    case KIND.enum:
    case KIND.funcProto:
      return 8 * count
    case KIND.ptr:
    case KIND.fwd:
    case KIND.typedef:
    case KIND.volatile:
    case KIND.const:
    case KIND.restrict:
    case KIND.func:
    case KIND.float:
    case KIND.typeTag:
      return 0
    default:
      return -1
  }
}
