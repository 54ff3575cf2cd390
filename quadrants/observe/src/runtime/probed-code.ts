import { fileOffsetOf, type GoBinary, type GoFunction, readAddress } from '@quadrant/golang'

/** Functions that are probed are a few kilobytes at most. */
const FUNCTION_BYTES_MAX = 1 << 20

/** Code that was looked at to find places: the process must run the very same. */
export interface ProbedCode {
  /** Bytes from the file's beginning. */
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface ReadFunction extends ProbedCode {
  readonly name: string
  /** Its address, as in the file. */
  readonly entry: number
}

/** A function's code; undefined where it is not in the file. */
export function readFunction(binary: GoBinary, { name, entry, end }: GoFunction): ReadFunction | undefined {
  const byteLength = end - entry
  const offset = fileOffsetOf(binary.image, entry, byteLength)
  if (offset === undefined || byteLength > FUNCTION_BYTES_MAX) return undefined
  // A copy: the source may use its buffer again.
  return { name, entry, offset, bytes: readAddress(binary.image, entry, byteLength).slice() }
}

/** As one text. */
export function problemsOf(diagnostics: ReadonlyArray<{ readonly message: string }>): string {
  return diagnostics.map(({ message }) => message).join('; ')
}
