import { Opcode } from '../module/instructions.ts'

/**
 * What instructions cost in fuel. One unit is about one instruction of the machine: what only names values or blocks for
 * the compiler costs nothing, calls and divisions cost several.
 */
export const COST = costs()

/** Bytes or elements that an instruction moves for one unit, as a power of two. */
export const BULK_SHIFT = 5

function costs(): Uint8Array {
  const costs = new Uint8Array(256).fill(1)
  const set = (cost: number, ...opcodes: readonly number[]): void => {
    for (const opcode of opcodes) costs[opcode] = cost
  }
  set(
    0,
    Opcode.NOP,
    Opcode.BLOCK,
    Opcode.LOOP,
    Opcode.ELSE,
    Opcode.END,
    Opcode.TRY,
    Opcode.TRY_TABLE,
    Opcode.DROP,
    Opcode.LOCAL_GET,
    Opcode.LOCAL_SET,
    Opcode.LOCAL_TEE,
    Opcode.I32_CONST,
    Opcode.I64_CONST,
    Opcode.F32_CONST,
    Opcode.F64_CONST,
  )
  set(8, Opcode.CALL, Opcode.RETURN_CALL)
  set(12, Opcode.CALL_INDIRECT, Opcode.RETURN_CALL_INDIRECT, Opcode.CALL_REF, Opcode.RETURN_CALL_REF)
  set(100, Opcode.THROW, Opcode.RETHROW, Opcode.THROW_REF)
  // Division and remainder of i32 and i64, division and square root of f32 and f64.
  set(8, 0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82, 0x91, 0x95, 0x9f, 0xa3)
  set(8, Opcode.BULK, Opcode.ATOMIC)
  set(100, Opcode.MEMORY_GROW)
  return costs
}
