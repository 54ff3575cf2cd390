import type { Analysis, Diagnostic } from '@quadrant/core'
import { INSTRUCTION_SETS, type Machine, type TrapKind } from './instruction-set.ts'
import { undecodable } from './undecodable.ts'

/** The longest prologue of Go before the frame is saved has six instructions; landing pads and padding come on top. */
const PROLOGUE_INSTRUCTIONS_MAX = 12

/** Where to probe the call of a function. */
export interface ProbeSite {
  /** Bytes from the function's first instruction. */
  readonly offset: number
  /**
   * - `frame` the caller's frame pointer is about to be saved: behind the check of the stack, so that a call whose stack
   *   must grow first is seen once
   * - `body`  the same place in functions that save none there, as of Go before 1.21
   * - `entry` the first instruction: there is no check, or it is none we know
   */
  readonly place: 'frame' | 'body' | 'entry'
  readonly trap: TrapKind
}

/**
 * The cheapest place where a call of the function is seen once, with its arguments where they were at the entry. A Go
 * function begins with a check of the stack that the kernel must single-step, and that a grown stack runs once more;
 * what follows is `push rbp`, which the kernel does itself.
 *
 * Diagnostics: `INS001` bytes that are no known instruction, `INS002` code that ends within one; with a value they are
 * warnings, and the place is the entry. Ranges count bytes of `code`.
 *
 * @param code the function from its first instruction; its beginning is enough
 */
export function findProbeSite(code: Uint8Array, machine: Machine): Analysis<ProbeSite | undefined> {
  const set = INSTRUCTION_SETS[machine]
  const site = (place: ProbeSite['place'], offset: number) => ({
    offset,
    place,
    trap: set.trapAt(code, offset),
  })
  const diagnostics: Diagnostic[] = []
  let at = 0
  /** Whether the stack is known to be large enough, and whether a check has begun that no jump has ended yet. */
  let isChecked = false
  let isChecking = false
  for (let i = 0; i < PROLOGUE_INSTRUCTIONS_MAX; i++) {
    const length = set.lengthAt(code, at)
    if (length <= 0) {
      diagnostics.push(undecodable(code, at, length, at === 0 ? 'error' : 'warning'))
      return { value: at === 0 ? undefined : site('entry', 0), diagnostics }
    }
    const step = set.prologueStep(code, at)
    if (step === 'other' || step === 'frame') {
      // What looked like a check and was none may have changed an argument.
      if (isChecking || (step === 'other' && !isChecked)) break
      return { value: site(step === 'frame' ? 'frame' : 'body', at), diagnostics }
    }
    isChecking = step === 'check' || (isChecking && step === 'nothing')
    isChecked ||= step === 'grow'
    at += length
  }
  return { value: site('entry', 0), diagnostics }
}
