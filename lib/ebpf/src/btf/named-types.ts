import { EbpfError } from '../error.ts'
import { parseBtfHeader } from './header.ts'
import { kindOf, trailingBytes, TYPE_BYTES } from './layout.ts'
import { BTF_KINDS, type BtfKind } from './type.ts'

/** A type that bears a wanted name. */
export interface NamedType {
  readonly id: number
  readonly kind: BtfKind
}

/**
 * All types with these names, found without an index: each name in the string section, then one pass over the types for
 * all names together. In vmlinux's 130,000 types that takes a few milliseconds, where decoding every name takes 100.
 *
 * Counts on a string section without duplicates, as the kernel's and clang's are.
 *
 * @throws {EbpfError} `btf`
 */
export function findNamedTypes(bytes: Uint8Array, names: Iterable<string>): Map<string, NamedType[]> {
  const { littleEndian, typesOffset, typesBytes, stringsOffset, stringsBytes } = parseBtfHeader(bytes)
  const strings = Buffer.from(bytes.buffer, bytes.byteOffset + stringsOffset, stringsBytes)
  const found = new Map<string, NamedType[]>()
  const byOffset = new Map<number, NamedType[]>()
  for (const name of names) {
    if (name === '' || found.has(name)) continue
    const types: NamedType[] = []
    found.set(name, types)
    const before = strings.indexOf(`\0${name}\0`)
    if (before !== -1) byOffset.set(before + 1, types)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = typesOffset + typesBytes
  for (let at = typesOffset, id = 1; at + TYPE_BYTES <= end; id++) {
    const info = view.getUint32(at + 4, littleEndian)
    const types = byOffset.get(view.getUint32(at, littleEndian))
    if (types !== undefined) types.push({ id, kind: BTF_KINDS[kindOf(info)] ?? 'void' })
    const trailing = trailingBytes(info)
    if (trailing < 0) throw new EbpfError('btf', `type ${id} is of the unknown kind ${kindOf(info)}`)
    at += TYPE_BYTES + trailing
  }
  return found
}
