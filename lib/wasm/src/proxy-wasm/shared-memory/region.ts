import type { Layout } from './layout.ts'
import type { SharedSizes } from './shared-limits.ts'

/** Shared memory as one thread sees it. */
export interface Region {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
  readonly layout: Layout
  readonly sizes: SharedSizes
  /** Which of those that have it open, from 1. */
  readonly thread: number
}

/** Below it a loop is faster than a call of the engine. */
const LOOP_BYTES_MAX = 64

export function copyIn({ bytes }: Region, offset: number, source: Uint8Array): void {
  const { length } = source
  if (length > LOOP_BYTES_MAX) bytes.set(source, offset)
  else for (let index = 0; index < length; index++) bytes[offset + index] = source[index]!
}

export function copyOut({ bytes }: Region, offset: number, length: number, target: Uint8Array): void {
  if (length > LOOP_BYTES_MAX) target.set(bytes.subarray(offset, offset + length))
  else for (let index = 0; index < length; index++) target[index] = bytes[offset + index]!
}

/** One byte for each character. */
export function copyTextIn({ bytes }: Region, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index)
}

/** Whether these bytes lie there, one for each character; their length is known to be the same. */
export function isEqualAt({ bytes }: Region, offset: number, text: string): boolean {
  for (let index = 0; index < text.length; index++)
    if (bytes[offset + index] !== text.charCodeAt(index)) return false
  return true
}
