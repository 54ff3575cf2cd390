import { ARM64 } from './arm64/arm64.ts'
import { X86_64 } from './x86-64/x86-64.ts'

/** Machines whose code is understood here. */
export type Machine = 'x86-64' | 'arm64'

/**
 * What a probe costs at an instruction. `emulated`: the kernel does it itself, one trap; `stepped`: the processor does it
 * out of line, then traps again, four to five times dearer (arch/x86/kernel/uprobes.c, arch/arm64/kernel/probes).
 */
export type TrapKind = 'emulated' | 'stepped'

/** What this package wants to know of a machine's instructions. `at` is where one begins. */
export interface InstructionSet {
  /** Bytes of the instruction at `at`, or `TRUNCATED` or `UNKNOWN`. Never reads beyond the longest there is. */
  lengthAt(code: Uint8Array, at: number): number
  /** Whether it leaves the function for its caller. */
  isReturn(code: Uint8Array, at: number): boolean
  /** Where an unconditional jump to a fixed place goes. */
  jumpTarget(code: Uint8Array, at: number): number | undefined
  trapAt(code: Uint8Array, at: number): TrapKind
  /** What the instruction does at the beginning of a function. */
  prologueStep(code: Uint8Array, at: number): PrologueStep
}

/**
 * - `frame`   saves the caller's frame pointer: all that the function was given is still where it was
 * - `check`   part of looking whether the stack is large enough
 * - `grow`    jumps away if it is not
 * - `nothing` changes nothing the function was given: padding, a landing pad for indirect branches, a scratch register
 * - `other`   the function has begun
 */
export type PrologueStep = 'frame' | 'check' | 'grow' | 'nothing' | 'other'

export const INSTRUCTION_SETS: Readonly<Record<Machine, InstructionSet>> = {
  'x86-64': X86_64,
  arm64: ARM64,
}
