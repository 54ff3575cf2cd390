import { EbpfError } from '../error.ts'
import { missingTarget } from '../relocate/missing-target.ts'
import { relocateProgram, rootNames } from '../relocate/relocate-program.ts'
import type { CollectionSpec, ProgramSpec } from '../spec/collection-spec.ts'
import type { KernelBtf } from './kernel-btf.ts'

/** Who applies CO-RE relocations: the kernel (5.17 and later), this package, or whoever can. */
export type RelocationMode = 'auto' | 'kernel' | 'user'

const E2BIG = 7

/** Decides who applies the relocations of a collection's programs, and applies them where it is us. */
export class Relocator {
  readonly #spec: CollectionSpec
  readonly #programs: readonly ProgramSpec[]
  readonly #kernelBtf: KernelBtf
  readonly #mode: RelocationMode
  #inUserSpace: boolean

  constructor(
    spec: CollectionSpec,
    programs: readonly ProgramSpec[],
    kernelBtf: KernelBtf,
    mode: RelocationMode,
  ) {
    this.#spec = spec
    this.#programs = programs
    this.#kernelBtf = kernelBtf
    this.#mode = mode
    this.#inUserSpace = mode === 'user'
    if (this.#inUserSpace) this.#prepare()
  }

  /**
   * Loads a program by `load`, which is told whether the kernel is to relocate. A kernel that does not know the question
   * says E2BIG to it; then this and all later programs are relocated here.
   *
   * @throws {EbpfError} what `load` throws; `unsupported` with the name of what the kernel lacks
   */
  load<T>(program: ProgramSpec, instructions: Uint8Array, load: (relocateInKernel: boolean) => T): T {
    try {
      return this.#load(program, instructions, load)
    } catch (cause) {
      if (!(cause instanceof EbpfError) || cause.log === undefined) throw cause
      const { errno, call, log } = cause
      const missing = missingTarget(log, program, this.#spec.btf)
      if (missing === undefined) throw cause
      const message = `program ${program.name} (${program.section}) needs what this kernel does not have: ${missing}`
      throw new EbpfError('unsupported', message, { cause, errno, call, log })
    }
  }

  #load<T>(program: ProgramSpec, instructions: Uint8Array, load: (relocateInKernel: boolean) => T): T {
    if (!this.#inUserSpace) {
      try {
        return load(true)
      } catch (error) {
        const relocates = program.coreRelocations.length > 0
        const tooOld = error instanceof EbpfError && error.errno === E2BIG && relocates
        if (!tooOld || this.#mode === 'kernel') throw error
        this.#inUserSpace = true
        this.#prepare()
      }
    }
    relocateProgram(program, instructions, this.#spec.btf, this.#kernelBtf)
    return load(false)
  }

  #prepare(): void {
    this.#kernelBtf.prepare(this.#programs.flatMap((program) => rootNames(program, this.#spec.btf)))
  }
}
