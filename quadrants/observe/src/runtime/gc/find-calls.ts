import { instructionLength } from '@quadrant/ebpf/machine-code'

/** `call rel32` of x86-64, and its bytes. */
const CALL = 0xe8
const CALL_BYTES = 5

/**
 * Where a function of x86-64 calls another one by its address: offsets of these instructions. Undefined where the code
 * cannot be read to its end.
 *
 * @param code the whole function
 * @param entry its address
 */
export function findCalls(code: Uint8Array, entry: number, callee: number): readonly number[] | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const calls: number[] = []
  for (let at = 0; at < code.length;) {
    const length = instructionLength(code, at, 'x86-64')
    if (length === undefined) return undefined
    if (code[at] === CALL && length === CALL_BYTES) {
      const target = entry + at + CALL_BYTES + view.getInt32(at + 1, true)
      if (target === callee) calls.push(at)
    }
    at += length
  }
  return calls
}
