import type { Btf } from '../btf/btf.ts'
import type { BtfType } from '../btf/type.ts'
import { essentialName } from './relocation-kind.ts'

const DEPTH_MAX = 32

/** Whether kinds may stand for one another: enums of both widths. */
export function sameKind(a: BtfType, b: BtfType): boolean {
  return a.kind === b.kind || (isEnum(a) && isEnum(b))
}

/**
 * Whether a member of the one type may be read as the other: composites always, integers of any width, pointers to
 * anything, arrays by their elements (libbpf `bpf_core_fields_are_compat`).
 */
export function fieldsCompatible(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
  depth = 0,
): boolean {
  if (depth === DEPTH_MAX) return false
  const a = local.resolve(localId)
  const b = target.resolve(targetId)
  if (isComposite(a) && isComposite(b)) return true
  if (!sameKind(a, b)) return false
  switch (a.kind) {
    case 'ptr':
    case 'float':
    case 'int':
      return true
    case 'fwd':
    case 'enum':
    case 'enum64':
      return a.name === '' || b.name === '' || essentialName(a.name) === essentialName(b.name)
    case 'array':
      return b.kind === 'array' && fieldsCompatible(local, a.elementId, target, b.elementId, depth + 1)
    default:
      return false
  }
}

/**
 * Whether the types are of the same make; the content of structs and enums does not count (libbpf
 * `bpf_core_types_are_compat`).
 */
export function typesCompatible(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
  depth = 0,
): boolean {
  if (depth === DEPTH_MAX) return false
  const a = local.resolve(localId)
  const b = target.resolve(targetId)
  if (!sameKind(a, b)) return false
  switch (a.kind) {
    case 'void':
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64':
    case 'fwd':
    case 'int':
      return true
    case 'ptr':
      return b.kind === 'ptr' && typesCompatible(local, a.typeId, target, b.typeId, depth + 1)
    case 'array':
      return b.kind === 'array' && typesCompatible(local, a.elementId, target, b.elementId, depth + 1)
    case 'func_proto':
      return (
        b.kind === 'func_proto' &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every((parameter, index) =>
          typesCompatible(local, parameter.typeId, target, b.parameters[index]!.typeId, depth + 1),
        ) &&
        typesCompatible(local, a.returnId, target, b.returnId, depth + 1)
      )
    default:
      return false
  }
}

function isComposite(type: BtfType): boolean {
  return type.kind === 'struct' || type.kind === 'union'
}

function isEnum(type: BtfType): boolean {
  return type.kind === 'enum' || type.kind === 'enum64'
}
