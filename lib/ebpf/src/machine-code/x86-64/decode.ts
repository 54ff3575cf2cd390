import { TRUNCATED, UNKNOWN } from '../no-instruction.ts'
import { IMMEDIATE, ONE_BYTE, SHAPE, TWO_BYTE, VEX_TWO_BYTE } from './opcode-shape.ts'

/** The processor refuses longer ones, whatever their prefixes. */
export const INSTRUCTION_BYTES_MAX = 15

/** Groups of opcodes: bytes without escape, behind 0f, and those only longer prefixes reach. */
export const MAP = { one: 0, two: 1, other: 2 } as const

/** What a decoder tells beside the length. Made once and filled again by each call. */
export interface X86Instruction {
  /** One of `MAP`. */
  map: number
  opcode: number
  /** The REX prefix, 0 for none. */
  rex: number
  /** -1 for none. */
  modrm: number
  /** Whether the operand size prefix 66 is there. */
  narrow: boolean
  /** The last of the segment, f2 and f3 prefixes, 0 for none. */
  prefix: number
  /** Where the opcode's last byte is. */
  opcodeAt: number
  /** Where the immediate begins, behind everything else. */
  immediateAt: number
}

export function x86Instruction(): X86Instruction {
  return {
    map: 0,
    opcode: 0,
    rex: 0,
    modrm: -1,
    narrow: false,
    prefix: 0,
    opcodeAt: 0,
    immediateAt: 0,
  }
}

/**
 * The length of the instruction that begins at `at`, bytes: legacy, VEX, EVEX and XOP encodings in 64-bit mode. APX
 * (REX2, extended EVEX) is UNKNOWN. Encodings that are not defined within a defined map are measured as the others of
 * it are. Reads at most 15 bytes.
 *
 *     prefixes │ REX │ opcode    │ ModRM SIB displacement │ immediate
 *              │ VEX, EVEX, XOP  │
 *
 * @returns 1 to 15; TRUNCATED where the code ends first, UNKNOWN where no instruction begins so
 */
export function decodeX86(code: Uint8Array, at: number, into: X86Instruction): number {
  const limit = Math.min(code.length, at + INSTRUCTION_BYTES_MAX)
  // Longer than the code or longer than what a processor takes: what is missing tells which.
  const beyond = limit === code.length && limit - at < INSTRUCTION_BYTES_MAX ? TRUNCATED : UNKNOWN
  let position = at
  let rex = 0
  let narrow = false
  let shortAddress = false
  let simd = 0
  into.prefix = 0
  let first: number
  for (;;) {
    if (position >= limit) return beyond
    first = code[position]!
    if ((first & 0xf0) === 0x40) rex = first
    else if (isLegacyPrefix(first)) {
      // Only directly before the opcode does REX count.
      rex = 0
      if (first === 0x66) narrow = true
      else if (first === 0x67) shortAddress = true
      else if (first === 0xf2 || first === 0xf3 || first === 0xf0) simd = into.prefix = first
      else into.prefix = first
    } else break
    position++
  }

  let shape: number
  into.rex = rex
  into.narrow = narrow
  into.map = MAP.one
  const isVex = first === 0xc4 || first === 0xc5 || first === 0x62
  if (isVex || (first === 0x8f && position + 1 < limit && (code[position + 1]! & 0x1f) >= 8)) {
    if (rex !== 0 || narrow || simd !== 0) return UNKNOWN
    const prefixBytes = first === 0xc5 ? 2 : first === 0x62 ? 4 : 3
    if (position + prefixBytes >= limit) return beyond
    const map = vexMap(code, position, first)
    position += prefixBytes
    shape = map === -1 ? SHAPE.invalid : vexShape(first, map, code[position]!)
    into.map = MAP.other
  } else if (first === 0x0f) {
    position++
    if (position >= limit) return beyond
    const second = code[position]!
    if (second === 0x38 || second === 0x3a) {
      position++
      into.map = MAP.other
      shape = second === 0x38 ? SHAPE.modrm : SHAPE.modrm | IMMEDIATE.byte
    } else {
      into.map = MAP.two
      shape = TWO_BYTE[second]!
      // SSE4a: `extrq` and `insertq` with two immediates share an opcode with `vmread`.
      if (second === 0x78 && (narrow || simd === 0xf2)) shape = SHAPE.modrm | IMMEDIATE.word
    }
  } else shape = ONE_BYTE[first]!

  if ((shape & SHAPE.invalid) !== 0) return UNKNOWN
  if (position >= limit) return beyond
  into.opcode = code[position]!
  into.opcodeAt = position++
  into.modrm = -1
  if ((shape & SHAPE.modrm) !== 0) {
    if (position >= limit) return beyond
    const modrm = code[position]!
    into.modrm = modrm
    if (into.map === MAP.one && !isMember(into.opcode, modrm)) return UNKNOWN
    position++
    if ((shape & SHAPE.registersOnly) === 0) {
      const hasSib = modrm < 0xc0 && (modrm & 7) === 4
      if (hasSib && position >= limit) return beyond
      position += memoryBytes(modrm, hasSib ? code[position]! : 0)
    }
  }
  into.immediateAt = position
  position += immediateBytes(shape & SHAPE.immediateMask, into, shortAddress)
  return position > limit ? beyond : position - at
}

function isLegacyPrefix(byte: number): boolean {
  switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
      return true
    default:
      return false
  }
}

/** The number of the opcode map; -1 where reserved bits say that this is not what we know. */
function vexMap(code: Uint8Array, at: number, first: number): number {
  if (first === 0xc5) return 1
  const second = code[at + 1]!
  if (first !== 0x62) return second & 0x1f
  // Bit 3 of the first and bit 2 of the second payload byte are fixed before APX.
  if ((second & 0x08) !== 0 || (code[at + 2]! & 0x04) === 0) return -1
  return second & 0x07
}

function vexShape(first: number, map: number, opcode: number): number {
  if (first === 0x8f) {
    if (map === 8) return SHAPE.modrm | IMMEDIATE.byte
    if (map === 9) return SHAPE.modrm
    return map === 10 ? SHAPE.modrm | IMMEDIATE.doubleWord : SHAPE.invalid
  }
  if (map === 1) return VEX_TWO_BYTE[opcode]!
  if (map === 2) return SHAPE.modrm
  if (map === 3) return SHAPE.modrm | IMMEDIATE.byte
  // Half precision (AVX512-FP16).
  return first === 0x62 && (map === 5 || map === 6) ? SHAPE.modrm : SHAPE.invalid
}

/** Whether the group has such a member: these are where data read as code shows first. */
function isMember(opcode: number, modrm: number): boolean {
  const member = (modrm >> 3) & 7
  switch (opcode) {
    case 0x8f:
      return member === 0
    case 0xc6:
    case 0xc7:
      // `xabort`, `xbegin`
      return member === 0 || modrm === 0xf8
    case 0xfe:
      return member < 2
    case 0xff:
      return member < 7
    default:
      return true
  }
}

/** Bytes of SIB and displacement. */
function memoryBytes(modrm: number, sib: number): number {
  const mode = modrm >> 6
  const base = modrm & 7
  if (mode === 3) return 0
  const sibBytes = base === 4 ? 1 : 0
  if (mode === 1) return sibBytes + 1
  if (mode === 2) return sibBytes + 4
  // Relative to the instruction pointer, or an index without a base.
  return base === 5 || (base === 4 && (sib & 7) === 5) ? sibBytes + 4 : sibBytes
}

function immediateBytes(kind: number, { rex, narrow, modrm }: X86Instruction, shortAddress: boolean): number {
  const isWide = (rex & 8) !== 0
  const operandBytes = narrow && !isWide ? 2 : 4
  const isTest = ((modrm >> 3) & 7) < 2
  switch (kind) {
    case IMMEDIATE.byte:
      return 1
    case IMMEDIATE.word:
      return 2
    case IMMEDIATE.operand:
      return operandBytes
    case IMMEDIATE.full:
      return isWide ? 8 : operandBytes
    case IMMEDIATE.address:
      return shortAddress ? 4 : 8
    case IMMEDIATE.wordAndByte:
      return 3
    case IMMEDIATE.relative:
    case IMMEDIATE.doubleWord:
      return 4
    case IMMEDIATE.testByte:
      return isTest ? 1 : 0
    case IMMEDIATE.testOperand:
      return isTest ? operandBytes : 0
    default:
      return 0
  }
}
