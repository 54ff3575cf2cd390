import type { ProgramSpec } from '../spec/collection-spec.ts'
import { sectionKindOf } from '../spec/section-kind.ts'
import { EbpfError } from '../error.ts'

/** One encoded instruction, little-endian. */
type Instruction = readonly [opcode: number, registers: number, offset: number, immediate: number]

const MOVE_IMMEDIATE = 0xb7
const CALL = 0x85
const EXIT = 0x95

/** `r = value` */
export function move(register: number, value: number): Instruction {
  return [MOVE_IMMEDIATE, register, 0, value]
}

/** A helper of the kernel, by its number. */
export function call(helper: number): Instruction {
  return [CALL, 0, 0, helper]
}

/** `return r0` */
export function exit(): Instruction {
  return [EXIT, 0, 0, 0]
}

/** A program of a few instructions without maps or types, as if an object had it in this section. */
export function assemble(section: string, instructions: readonly Instruction[]): ProgramSpec {
  const kind = sectionKindOf(section)
  if (kind === undefined) throw new EbpfError('argument', `section "${section}" names no hook`)
  const bytes = new Uint8Array(instructions.length * 8)
  const view = new DataView(bytes.buffer)
  instructions.forEach(([opcode, registers, offset, immediate], index) => {
    view.setUint8(index * 8, opcode)
    view.setUint8(index * 8 + 1, registers)
    view.setInt16(index * 8 + 2, offset, true)
    view.setInt32(index * 8 + 4, immediate, true)
  })
  return {
    name: 'probe',
    section,
    kind,
    instructions: bytes,
    references: [],
    functionInfo: new Uint32Array(0),
    lineInfo: new Uint32Array(0),
    coreRelocations: new Uint32Array(0),
  }
}
