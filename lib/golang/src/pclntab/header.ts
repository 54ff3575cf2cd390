import { GolangError } from '../error.ts'
import { readWord, viewOf } from '../word.ts'

/** The Go version from which on a table looks like this. */
export type PclntabFormat = 16 | 18 | 20

/**
 * The header of a table (runtime, pcHeader). Offsets are from the header's start.
 *
 * ```
 *  0 magic u32  4 0  5 0  6 quantum  7 pointer size  8 functions  16 files
 * 24 (since 1.18) text start: 0 since 1.26  then the offsets of names, compilation units, files, pc values, functions
 * ```
 */
export interface PclntabHeader {
  readonly format: PclntabFormat
  /** Bytes of the shortest instruction: pc differences are counted in them. */
  readonly quantum: number
  readonly functionCount: number
  readonly fileCount: number
  /** 0 where the header does not have it: then the module data does. */
  readonly textStart: number
  readonly nameOffset: number
  readonly unitOffset: number
  readonly fileOffset: number
  readonly pcValueOffset: number
  readonly functionOffset: number
}

export const PCLNTAB_HEADER_BYTES = 72

const FORMAT_BY_MAGIC: Readonly<Record<number, PclntabFormat>> = {
  0xfffffffa: 16,
  0xfffffff0: 18,
  0xfffffff1: 20,
}

/** Go 1.2 to 1.15. */
const MAGIC_1_2 = 0xfffffffb

/** The largest binaries have a million functions. */
const FUNCTION_COUNT_MAX = 4_000_000
const FILE_COUNT_MAX = 4_000_000

/** Whether a header may stand here: the magic, two zeros, a quantum and a pointer size. */
export function looksLikePclntab(view: DataView, at: number): boolean {
  return (
    FORMAT_BY_MAGIC[view.getUint32(at, true)] !== undefined &&
    view.getUint16(at + 4, true) === 0 &&
    [1, 2, 4].includes(view.getUint8(at + 6)) &&
    view.getUint8(at + 7) === 8
  )
}

/** @throws {GolangError} `pclntab` for a version we do not know or offsets that are out of order */
export function readPclntabHeader(bytes: Uint8Array): PclntabHeader {
  const view = viewOf(bytes)
  if (bytes.length < PCLNTAB_HEADER_BYTES) throw new GolangError('pclntab', 'a header that is cut off')
  const magic = view.getUint32(0, true)
  const format = FORMAT_BY_MAGIC[magic]
  if (format === undefined)
    throw new GolangError(
      'pclntab',
      magic === MAGIC_1_2
        ? 'a table of Go 1.15 or earlier: it is not read'
        : `magic 0x${magic.toString(16)}: a table of an unknown version`,
    )
  if (!looksLikePclntab(view, 0)) throw new GolangError('pclntab', 'a broken header')
  const words = format === 16 ? 24 : 32
  const header = {
    format,
    quantum: view.getUint8(6),
    functionCount: readWord(view, 8),
    fileCount: readWord(view, 16),
    textStart: format === 16 ? 0 : readWord(view, 24),
    nameOffset: readWord(view, words),
    unitOffset: readWord(view, words + 8),
    fileOffset: readWord(view, words + 16),
    pcValueOffset: readWord(view, words + 24),
    functionOffset: readWord(view, words + 32),
  }
  if (header.functionCount === 0 || header.functionCount > FUNCTION_COUNT_MAX)
    throw new GolangError('pclntab', `${header.functionCount} functions: 1 to ${FUNCTION_COUNT_MAX}`)
  if (header.fileCount > FILE_COUNT_MAX)
    throw new GolangError('pclntab', `${header.fileCount} files: at most ${FILE_COUNT_MAX}`)
  const { nameOffset, unitOffset, fileOffset, pcValueOffset, functionOffset } = header
  const ordered = [0, nameOffset, unitOffset, fileOffset, pcValueOffset, functionOffset]
  if (ordered.some((offset, index) => index > 0 && !(offset >= ordered[index - 1]!)))
    throw new GolangError('pclntab', 'the parts of the table are out of order')
  return header
}
