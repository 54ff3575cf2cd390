import { TRUNCATED } from '../no-instruction.ts'
import type { InstructionSet, PrologueStep } from '../instruction-set.ts'

const WORD_BYTES = 4

/** An instruction's word: `mask` of it reads `value`. */
interface Pattern {
  readonly mask: number
  readonly value: number
}

const pattern = (mask: number, value: number): Pattern => ({ mask, value })
const is = (word: number, { mask, value }: Pattern) => (word & mask) >>> 0 === value >>> 0

/** Arm Architecture Reference Manual, chapter C4 (encoding index). */
const RET = pattern(0xffff_fc1f, 0xd65f_0000)
/** `retaa`, `retab`: checks the pointer's signature first. */
const RET_SIGNED = pattern(0xffff_fbff, 0xd65f_0bff)
const B = pattern(0xfc00_0000, 0x1400_0000)
const B_CONDITION = pattern(0xff00_0010, 0x5400_0000)
const NOP = 0xd503_201f
/** `nop`, `bti`, `paciasp` and their like. */
const HINT = pattern(0xffff_f01f, 0xd503_201f)
const LOWER_OR_SAME = 9
const LOWER = 3

/** Instructions that the kernel simulates (arch/arm64/kernel/probes/decode-insn.c); `nop` since 6.12. */
const SIMULATED: readonly Pattern[] = [
  B,
  B_CONDITION,
  RET,
  pattern(0xfc00_0000, 0x9400_0000), // bl
  pattern(0xffff_fc1f, 0xd61f_0000), // br
  pattern(0xffff_fc1f, 0xd63f_0000), // blr
  pattern(0x7e00_0000, 0x3400_0000), // cbz, cbnz
  pattern(0x7e00_0000, 0x3600_0000), // tbz, tbnz
  pattern(0x1f00_0000, 0x1000_0000), // adr, adrp
  pattern(0xbf00_0000, 0x1800_0000), // ldr, literal
  pattern(0xff00_0000, 0x9800_0000), // ldrsw, literal
]

/** What comes before the frame record is saved, in the prologues of Go (cmd/internal/obj/arm64). */
const CHECK: readonly Pattern[] = [
  pattern(0xffc0_03ff, 0xf940_0390), // ldr x16, [x28, #n]: the bound of the stack in g
  pattern(0xffff_ffff, 0xeb30_63ff), // cmp sp, x16
  pattern(0xffff_ffff, 0xeb10_023f), // cmp x17, x16
  pattern(0xff80_03ff, 0xd100_03f1), // sub x17, sp, #n
  pattern(0xffff_ffff, 0x9100_03f1), // mov x17, sp
  pattern(0xffe0_ffff, 0xeb20_63f1), // subs x17, sp, xm
  pattern(0xff80_03ff, 0xf100_03f1), // subs x17, sp, #n
]

/** Constants in the register that Go's assembler keeps for itself: sizes of large frames. */
const SCRATCH: readonly Pattern[] = [
  pattern(0xff80_001f, 0xd280_001b), // mov x27, #n
  pattern(0xff80_001f, 0xf280_001b), // movk x27, #n
  pattern(0xff80_03ff, 0xb200_03fb), // mov x27, #mask: orr with zero
]

/** Where the link register or the whole frame record goes to the stack, and the room that is made for it before. */
const FRAME: readonly Pattern[] = [
  pattern(0xffe0_0fff, 0xf800_0ffe), // str x30, [sp, #-n]!
  pattern(0xffc0_7fff, 0xa980_7bfd), // stp x29, x30, [sp, #-n]!
  pattern(0xff80_03ff, 0xd100_03f4), // sub x20, sp, #n: larger frames of Go begin so
  pattern(0xffe0_ffff, 0xcb20_63f4), // sub x20, sp, xm
]

/** AArch64: every instruction has four bytes, and lies at a multiple of four. */
export const ARM64: InstructionSet = {
  lengthAt: (code, at) => (at + WORD_BYTES <= code.length ? WORD_BYTES : TRUNCATED),
  isReturn(code, at) {
    const word = wordAt(code, at)
    return is(word, RET) || is(word, RET_SIGNED)
  },
  jumpTarget(code, at) {
    const word = wordAt(code, at)
    // The lower 26 bits count words and are signed.
    return is(word, B) ? at + ((word << 6) >> 6) * WORD_BYTES : undefined
  },
  trapAt(code, at) {
    const word = wordAt(code, at)
    return word === NOP || SIMULATED.some((each) => is(word, each)) ? 'emulated' : 'stepped'
  },
  prologueStep(code, at): PrologueStep {
    const word = wordAt(code, at)
    if (is(word, HINT) || SCRATCH.some((each) => is(word, each))) return 'nothing'
    if (is(word, B_CONDITION)) {
      const condition = word & 0x0f
      return condition === LOWER_OR_SAME || condition === LOWER ? 'grow' : 'other'
    }
    if (CHECK.some((each) => is(word, each))) return 'check'
    return FRAME.some((each) => is(word, each)) ? 'frame' : 'other'
  },
}

/** Zero beyond the end. */
function wordAt(code: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = code.subarray(at, at + WORD_BYTES)
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}
