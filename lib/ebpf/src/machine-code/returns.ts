import type { Analysis, Diagnostic } from '@quadrant/core'
import { INSTRUCTION_SETS, type Machine } from './instruction-set.ts'
import { undecodable } from './undecodable.ts'

/** The largest functions that compilers write are a tenth of this. */
const CODE_BYTES_MAX = 16 << 20

/**
 * Where a function returns: offsets of all its return instructions, for probes in place of a return probe. Undefined
 * where the code cannot be read to its end: a list with gaps would miss returns in silence.
 *
 * Diagnostics: `INS001` bytes that are no known instruction, `INS002` code that ends within one, `INS003` more code than
 * we look at, and as a warning `INS004`: the function also leaves by a jump to another one, whose returns are its own.
 * Ranges count bytes of `code`.
 *
 * @param code the whole function
 */
export function findReturns(code: Uint8Array, machine: Machine): Analysis<readonly number[] | undefined> {
  const set = INSTRUCTION_SETS[machine]
  const returns: number[] = []
  const diagnostics: Diagnostic[] = []
  const fail = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] })
  if (code.length > CODE_BYTES_MAX) {
    const message = `a function of ${code.length} bytes: ${CODE_BYTES_MAX} are possible`
    return fail({ code: 'INS003', severity: 'error', message })
  }
  for (let at = 0; at < code.length;) {
    const length = set.lengthAt(code, at)
    if (length <= 0) return fail(undecodable(code, at, length, 'error'))
    if (set.isReturn(code, at)) returns.push(at)
    const target = set.jumpTarget(code, at)
    if (target !== undefined && (target < 0 || target >= code.length)) {
      const range = { start: at, end: at + length }
      const message = `the function leaves by a jump at +0x${at.toString(16)}, to 0x${Math.abs(target).toString(16)} ${target < 0 ? 'before' : 'behind'} its beginning`
      diagnostics.push({ code: 'INS004', severity: 'warning', range, message })
    }
    at += length
  }
  return { value: returns, diagnostics }
}

/**
 * Bytes of the instruction that begins at `at`, at most 15; undefined where none that we know does, or where the code
 * ends within it.
 */
export function instructionLength(code: Uint8Array, at: number, machine: Machine): number | undefined {
  const length = INSTRUCTION_SETS[machine].lengthAt(code, at)
  return length > 0 ? length : undefined
}
