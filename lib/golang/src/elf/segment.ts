import { readBytes, type ByteSource } from '../byte-source.ts'
import { GolangError } from '../error.ts'
import { readWord, viewOf } from '../word.ts'

/** p_type. */
export const SEGMENT_TYPE = { load: 1, dynamic: 2, note: 4 } as const

/** p_flags. */
export const SEGMENT_FLAG = { executable: 1, write: 2 } as const

/** A program header. */
export interface ElfSegment {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly fileBytes: number
  readonly memoryBytes: number
}

/** Where a table of headers is, as the file header says. */
export interface HeaderTable {
  readonly offset: number
  readonly entryBytes: number
  readonly count: number
}

const SEGMENT_BYTES = 56

/** Linkers make about ten. */
const SEGMENT_COUNT_MAX = 1024

export function readSegments(source: ByteSource, table: HeaderTable): ElfSegment[] {
  const { offset, entryBytes, count } = table
  if (count === 0) return []
  if (entryBytes !== SEGMENT_BYTES)
    throw new GolangError('elf', `program headers of ${entryBytes} bytes: ${SEGMENT_BYTES} are expected`)
  if (count > SEGMENT_COUNT_MAX)
    throw new GolangError('elf', `${count} program headers: at most ${SEGMENT_COUNT_MAX}`)
  const view = viewOf(readBytes(source, offset, count * SEGMENT_BYTES))
  return Array.from({ length: count }, (_, index) => {
    const at = index * SEGMENT_BYTES
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: readWord(view, at + 8),
      address: readWord(view, at + 16),
      fileBytes: readWord(view, at + 32),
      memoryBytes: readWord(view, at + 40),
    }
  })
}
