import type { Btf } from './btf.ts'
import { countOf, flagOf, kindOf, TYPE_BYTES } from './layout.ts'
import { BTF_KINDS, type BtfEnumValue, type BtfMember, type BtfType } from './type.ts'

const INT_SIGNED = 1
const INT_CHAR = 2
const INT_BOOL = 4

/** Decodes the type with this id. Its whole length was checked when the BTF was read. */
export function decodeType(btf: Btf, id: number): BtfType {
  const at = btf.offsetOf(id)
  const u32 = (offset: number) => btf.view.getUint32(at + offset, btf.header.littleEndian)
  const info = u32(4)
  const count = countOf(info)
  const flag = flagOf(info)
  const kind = BTF_KINDS[kindOf(info)] ?? 'void'
  const name = btf.string(u32(0))
  const sizeOrType = u32(8)
  const added = TYPE_BYTES
  switch (kind) {
    case 'void':
      return { id, kind, name }
    case 'int': {
      const word = u32(added)
      const encoding = (word >>> 24) & 0xf
      return {
        id,
        kind,
        name,
        bytes: sizeOrType,
        bits: word & 0xff,
        signed: (encoding & INT_SIGNED) !== 0,
        char: (encoding & INT_CHAR) !== 0,
        bool: (encoding & INT_BOOL) !== 0,
      }
    }
    case 'float':
      return { id, kind, name, bytes: sizeOrType }
    case 'array':
      return { id, kind, name, elementId: u32(added), indexId: u32(added + 4), count: u32(added + 8) }
    case 'struct':
    case 'union': {
      const members = Array.from({ length: count }, (_, index): BtfMember => {
        const member = added + index * 12
        const offset = u32(member + 8)
        // With the flag set, a member's offset also carries the width of its bit-field.
        return {
          name: btf.string(u32(member)),
          typeId: u32(member + 4),
          offsetBits: flag ? offset & 0xffffff : offset,
          bitfieldBits: flag ? offset >>> 24 : 0,
        }
      })
      return { id, kind, name, bytes: sizeOrType, members }
    }
    case 'enum': {
      const values = Array.from({ length: count }, (_, index): BtfEnumValue => {
        const value = u32(added + index * 8 + 4)
        return { name: btf.string(u32(added + index * 8)), value: BigInt(flag ? value | 0 : value) }
      })
      return { id, kind, name, bytes: sizeOrType, signed: flag, values }
    }
    case 'enum64': {
      const values = Array.from({ length: count }, (_, index): BtfEnumValue => {
        const at = added + index * 12
        const value = (BigInt(u32(at + 8)) << 32n) | BigInt(u32(at + 4))
        return { name: btf.string(u32(at)), value: flag ? BigInt.asIntN(64, value) : value }
      })
      return { id, kind, name, bytes: sizeOrType, signed: flag, values }
    }
    case 'fwd':
      return { id, kind, name, union: flag }
    case 'func_proto': {
      const parameters = Array.from({ length: count }, (_, index) => ({
        name: btf.string(u32(added + index * 8)),
        typeId: u32(added + index * 8 + 4),
      }))
      return { id, kind, name, returnId: sizeOrType, parameters }
    }
    case 'datasec': {
      const variables = Array.from({ length: count }, (_, index) => ({
        typeId: u32(added + index * 12),
        offset: u32(added + index * 12 + 4),
        size: u32(added + index * 12 + 8),
      }))
      return { id, kind, name, bytes: sizeOrType, variables }
    }
    case 'func':
      return { id, kind, name, typeId: sizeOrType, linkage: count }
    case 'var':
    case 'decl_tag':
      return { id, kind, name, typeId: sizeOrType, linkage: u32(added) | 0 }
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      return { id, kind, name, typeId: sizeOrType, linkage: 0 }
  }
}
