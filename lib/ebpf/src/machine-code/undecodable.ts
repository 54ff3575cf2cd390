import type { Diagnostic, Severity } from '@quadrant/core'
import { TRUNCATED } from './no-instruction.ts'

const SHOWN_BYTES = 8

/** What to say of bytes at `at` that are no instruction; `length` tells why. The range counts bytes of the code. */
export function undecodable(code: Uint8Array, at: number, length: number, severity: Severity): Diagnostic {
  const range = { start: at, end: Math.min(at + SHOWN_BYTES, code.length) }
  const place = `+0x${at.toString(16)}`
  if (length === TRUNCATED)
    return { code: 'INS002', severity, range, message: `the code ends within the instruction at ${place}` }
  const bytes = [...code.subarray(range.start, range.end)].map((byte) => byte.toString(16).padStart(2, '0'))
  return { code: 'INS001', severity, range, message: `no known instruction at ${place}: ${bytes.join(' ')}` }
}
