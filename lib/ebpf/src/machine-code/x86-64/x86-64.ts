import type { InstructionSet, PrologueStep } from '../instruction-set.ts'
import { decodeX86, MAP, x86Instruction, type X86Instruction } from './decode.ts'

const instruction = x86Instruction()

const RET = 0xc3
const RET_POPPING = 0xc2
const JMP_SHORT = 0xeb
const JMP_NEAR = 0xe9
const CALL = 0xe8
const NOP = 0x90
const LONG_NOP = 0x1f
const PUSH_RBP = 0x55
const FS = 0x64
const REX_B = 1
const REX_R = 4
const REX_WRB = 0x4d

/** x86-64 as Go's compiler and gcc write it. */
export const X86_64: InstructionSet = {
  lengthAt: (code, at) => decodeX86(code, at, instruction),
  isReturn(code, at) {
    const { map, opcode } = decoded(code, at)
    return map === MAP.one && (opcode === RET || opcode === RET_POPPING)
  },
  jumpTarget(code, at) {
    const { map, opcode, immediateAt } = decoded(code, at)
    if (map !== MAP.one) return undefined
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
    if (opcode === JMP_SHORT) return immediateAt + 1 + view.getInt8(immediateAt)
    return opcode === JMP_NEAR ? immediateAt + 4 + view.getInt32(immediateAt, true) : undefined
  },
  trapAt: (code, at) => (isEmulated(decoded(code, at), at) ? 'emulated' : 'stepped'),
  prologueStep: (code, at) => prologueStep(code, decoded(code, at)),
}

function decoded(code: Uint8Array, at: number): X86Instruction {
  decodeX86(code, at, instruction)
  return instruction
}

/** `branch_setup_xol_ops` and `push_setup_xol_ops` of the kernel, as of 4.17 and later. */
function isEmulated({ map, opcode, narrow, rex, opcodeAt }: X86Instruction, at: number): boolean {
  if (map === MAP.two) return isNearCondition(opcode) && !narrow
  if (map !== MAP.one) return false
  if (opcode === NOP) return rex === 0
  if (opcode >= 0x50 && opcode <= 0x57) return opcodeAt === at || (opcodeAt === at + 1 && rex === 0x41)
  const isBranch = opcode === JMP_SHORT || opcode === JMP_NEAR || opcode === CALL || (opcode & 0xf0) === 0x70
  return isBranch && !narrow
}

function isNearCondition(opcode: number): boolean {
  return (opcode & 0xf0) === 0x80
}

/**
 * The prologues of Go's compiler (cmd/internal/obj/x86, `preprocess` and `stacksplit`), of 1.17 and later with g in
 * R14, of assembly and earlier ones with g from thread-local storage in R14 or RCX:
 *
 *     cmp rsp, 16(r14)   │ lea r12, -n(rsp)    │ mov r12, rsp; sub r12, n; jb grow │ mov rcx, fs:-8
 *                        │ cmp r12, 16(r14)    │ cmp r12, 16(r14)                  │ cmp rsp, 16(rcx)
 *     jbe grow
 *     push rbp
 */
function prologueStep(code: Uint8Array, step: X86Instruction): PrologueStep {
  const { map, opcode, rex, modrm, prefix } = step
  const register = ((modrm >> 3) & 7) | ((rex & REX_R) << 1)
  const operand = (modrm & 7) | ((rex & REX_B) << 3)
  if (map === MAP.two) {
    if (isNearCondition(opcode)) return isBelow(opcode & 0x0f) ? 'grow' : 'other'
    // `nop` of several bytes; `endbr64` is one of the reserved ones.
    return opcode === LONG_NOP || (opcode === 0x1e && prefix === 0xf3 && modrm === 0xfa) ? 'nothing' : 'other'
  }
  if (map !== MAP.one) return 'other'
  switch (opcode) {
    case PUSH_RBP:
      return (rex & REX_B) === 0 ? 'frame' : 'other'
    case NOP:
      return (rex & REX_B) === 0 ? 'nothing' : 'other'
    case 0x72:
    case 0x76:
      return 'grow'
    // cmp rsp or r12 with memory
    case 0x3b:
      return modrm < 0xc0 && (register === 4 || register === 12) ? 'check' : 'other'
    // lea r12, n(rsp)
    case 0x8d:
      return register === 12 && isStackOperand(code, step) ? 'check' : 'other'
    // mov r12, rsp
    case 0x89:
      return modrm >= 0xc0 && register === 4 && operand === 12 ? 'check' : 'other'
    // sub r12, n
    case 0x81:
    case 0x83:
      return modrm === 0xec && (rex & REX_WRB) === (REX_WRB & ~REX_R) ? 'check' : 'other'
    // mov rcx, fs:n; or by way of the offset in the global table: mov rcx, n(rip); mov rcx, fs:(rcx)
    case 0x8b:
      // mov r14, fs:n: what is called so has its arguments on the stack
      if (register === 14) return prefix === FS ? 'nothing' : 'other'
      return register === 1 && (prefix === FS || (modrm & 0xc7) === 0x05) ? 'check' : 'other'
    default:
      return 'other'
  }
}

/** `jb`, `jbe` */
function isBelow(condition: number): boolean {
  return condition === 2 || condition === 6
}

/** Whether the memory operand is below the stack pointer: a SIB byte that names RSP alone. */
function isStackOperand(code: Uint8Array, { modrm, opcodeAt, rex }: X86Instruction): boolean {
  return modrm < 0xc0 && (modrm & 7) === 4 && code[opcodeAt + 2] === 0x24 && (rex & 3) === 0
}
