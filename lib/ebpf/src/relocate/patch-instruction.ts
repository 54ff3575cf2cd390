import { EbpfError } from '../error.ts'
import { OPCODE, type InstructionView } from '../spec/instruction.ts'
import type { RelocationValue } from './relocation-value.ts'

const CLASS = { loadImmediate: 0, load: 1, storeImmediate: 2, store: 3, alu: 4, alu64: 7 } as const
const CLASS_MASK = 0x07
const SIZE_MASK = 0x18
const SOURCE_REGISTER = 0x08
const SIZE_BITS: Readonly<Record<number, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 }

/** A helper that no kernel has: the verifier refuses the program if it can come here, and only then (libbpf). */
export const POISON_HELPER = 0xbad2310

const OFFSET_MAX = 0x7fff

/**
 * Puts the target's answer where the compiler left the object's own.
 *
 * @param local what the compiler must have left there
 * @throws {EbpfError} `btf` when something else is there, or the answer does not fit
 */
export function patchInstruction(
  view: InstructionView,
  index: number,
  local: RelocationValue | undefined,
  target: RelocationValue | undefined,
): void {
  if (target === undefined) {
    // Both halves of a 16-byte load, the second first: the opcode tells that there is one.
    if (view.opcode(index) === OPCODE.loadImmediate64 && index + 1 < view.count) poison(view, index + 1)
    poison(view, index)
    return
  }
  const opcode = view.opcode(index)
  switch (opcode & CLASS_MASK) {
    case CLASS.alu:
    case CLASS.alu64:
      if ((opcode & SOURCE_REGISTER) !== 0) break
      check(view.immediate(index), local, index)
      view.setImmediate(index, Number(BigInt.asIntN(32, target.value)))
      return
    case CLASS.load:
    case CLASS.store:
    case CLASS.storeImmediate: {
      check(view.offset(index), local, index)
      const offset = Number(target.value)
      if (offset > OFFSET_MAX)
        throw new EbpfError('btf', `offset ${offset} does not fit instruction ${index}`)
      view.setOffset(index, offset)
      adjustWidth(view, index, local, target)
      return
    }
    case CLASS.loadImmediate:
      if (opcode !== OPCODE.loadImmediate64 || index + 1 >= view.count) break
      view.setImmediate(index, Number(BigInt.asIntN(32, target.value)))
      view.setImmediate(index + 1, Number(BigInt.asIntN(32, target.value >> 32n)))
      return
  }
  throw new EbpfError('btf', `instruction ${index} (opcode ${opcode}) cannot be relocated`)
}

function check(found: number, local: RelocationValue | undefined, index: number): void {
  if (local === undefined || local.compilersChoice) return
  if (BigInt(found) !== BigInt.asIntN(32, local.value))
    throw new EbpfError('btf', `instruction ${index} holds ${found}, its relocation says ${local.value}`)
}

/** Loads of pointers and unsigned integers become as wide as the field is in the target. */
function adjustWidth(
  view: InstructionView,
  index: number,
  local: RelocationValue | undefined,
  target: RelocationValue,
): void {
  if (!local?.field || !target.field || local.field.bytes === target.field.bytes) return
  const { type } = target.field
  const unsigned = isUnsigned(local.field.type) && isUnsigned(type)
  const bits = SIZE_BITS[target.field.bytes]
  if (!unsigned || bits === undefined)
    throw new EbpfError(
      'btf',
      `instruction ${index}: the field is of ${target.field.bytes} bytes in the kernel`,
    )
  view.setOpcode(index, (view.opcode(index) & ~SIZE_MASK) | bits)
}

function isUnsigned(type: { readonly kind: string; readonly signed?: boolean }): boolean {
  return type.kind === 'ptr' || (type.kind === 'int' && type.signed === false)
}

function poison(view: InstructionView, index: number): void {
  view.setOpcode(index, OPCODE.call)
  view.setSource(index, 0)
  view.setDestination(index, 0)
  view.setOffset(index, 0)
  view.setImmediate(index, POISON_HELPER)
}
