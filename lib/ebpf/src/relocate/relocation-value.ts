import type { Btf } from '../btf/btf.ts'
import type { BtfType } from '../btf/type.ts'
import { EbpfError } from '../error.ts'
import { enumValue, memberOf, type Access } from './access.ts'
import type { RelocationKind } from './relocation-kind.ts'

/** What an instruction is to hold. */
export interface RelocationValue {
  readonly value: bigint
  /** The field a byte offset leads to, when it may be loaded as it is: no bit-field. */
  readonly field?: { readonly bytes: number; readonly type: BtfType }
  /** Which word a bit-field is loaded from is a choice: the compiler may have made another than we. */
  readonly compilersChoice?: boolean
}

/**
 * The answer to a relocation for one side; undefined when it has none, so that the instruction must never run.
 *
 * @param access undefined when this side lacks what is asked about
 * @param localTypeId for the one question that is about the object itself
 * @throws {EbpfError} `btf`
 */
export function relocationValue(
  kind: RelocationKind,
  access: Access | undefined,
  localTypeId: number,
): RelocationValue | undefined {
  switch (kind) {
    case 'type-id-local':
      return { value: BigInt(localTypeId) }
    case 'type-id-target':
      return { value: BigInt(access?.rootId ?? 0) }
    case 'type-size':
      return { value: BigInt(access === undefined ? 0 : access.btf.sizeOf(access.rootId)) }
    case 'type-exists':
    case 'field-exists':
    case 'enum-value-exists':
      return { value: access === undefined ? 0n : 1n }
    case 'type-matches':
      throw new EbpfError('unsupported', 'bpf_core_type_matches needs a kernel that relocates (5.17)')
    case 'enum-value': {
      const step = access?.steps[0]
      if (access === undefined || step === undefined) return undefined
      return { value: enumValue(access.btf.type(access.rootId), step.index).value }
    }
    default:
      return access === undefined ? undefined : fieldValue(kind, access)
  }
}

function fieldValue(kind: RelocationKind, access: Access): RelocationValue {
  const { btf, offsetBits } = access
  const last = access.steps.at(-1)!
  if (last.name === undefined) {
    const bytes = btf.sizeOf(last.typeId)
    if (offsetBits % 8 !== 0) throw new EbpfError('btf', 'an element begins within a byte')
    if (kind === 'field-byte-size') return { value: BigInt(bytes) }
    if (kind === 'field-byte-offset')
      return { value: BigInt(offsetBits / 8), field: { bytes, type: btf.type(last.typeId) } }
    throw new EbpfError('btf', `${kind} of an array's element`)
  }
  const member = memberOf(btf.composite(last.typeId), last.index)
  const type = btf.resolve(member.typeId)
  const storage = storageOf(btf, member, offsetBits)
  const compilersChoice = member.bitfieldBits > 0
  switch (kind) {
    case 'field-byte-offset': {
      const field = compilersChoice ? undefined : { bytes: storage.bytes, type }
      return { value: BigInt(storage.offset), field, compilersChoice }
    }
    case 'field-byte-size':
      return { value: BigInt(storage.bytes), compilersChoice }
    case 'field-signed':
      return { value: 'signed' in type && type.signed ? 1n : 0n }
    case 'field-left-shift': {
      const within = offsetBits - storage.offset * 8
      const shift = btf.header.littleEndian ? 64 - within - storage.bits : (8 - storage.bytes) * 8 + within
      return { value: BigInt(shift), compilersChoice }
    }
    default:
      return { value: BigInt(64 - storage.bits) }
  }
}

/** The aligned word a field is loaded from; a bit-field may need a wider one than its type. */
function storageOf(btf: Btf, member: { typeId: number; bitfieldBits: number }, offsetBits: number) {
  let bytes = btf.sizeOf(member.typeId)
  if (member.bitfieldBits === 0) {
    if (offsetBits % 8 !== 0) throw new EbpfError('btf', 'a field begins within a byte')
    return { bytes, bits: bytes * 8, offset: offsetBits / 8 }
  }
  if (bytes === 0) throw new EbpfError('btf', 'a bit-field of a type without size')
  const bits = member.bitfieldBits
  const aligned = () => Math.floor(offsetBits / 8 / bytes) * bytes
  while (offsetBits + bits > (aligned() + bytes) * 8) {
    if (bytes >= 8) throw new EbpfError('btf', 'a bit-field does not fit 8 bytes')
    bytes *= 2
  }
  return { bytes, bits, offset: aligned() }
}
