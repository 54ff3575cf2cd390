import { readBytes, type ByteSource } from '../byte-source.ts'
import { GolangError } from '../error.ts'
import { stringAt } from '../string-at.ts'
import { readWord, viewOf } from '../word.ts'
import type { HeaderTable } from './segment.ts'

/** sh_type. */
export const SECTION_TYPE = { symtab: 2, strtab: 3, note: 7, nobits: 8, dynsym: 11 } as const

/** A section header. */
export interface ElfSection {
  readonly name: string
  readonly type: number
  readonly address: number
  readonly offset: number
  /** Bytes it takes in memory; in the file too, save for `nobits`. */
  readonly size: number
  readonly link: number
}

const SECTION_BYTES = 64

/** Executables have about forty. */
const SECTION_COUNT_MAX = 8192

/** Of all names together. */
const NAMES_BYTES_MAX = 1 << 20

/** Of one: two can share their bytes, so that the limit of all is none of what is kept. */
const NAME_BYTES_MAX = 256

export function readSections(
  source: ByteSource,
  table: HeaderTable & { readonly nameTableIndex: number },
): ElfSection[] {
  const { offset, entryBytes, count, nameTableIndex } = table
  if (offset === 0 || count === 0) return []
  if (entryBytes !== SECTION_BYTES)
    throw new GolangError('elf', `section headers of ${entryBytes} bytes: ${SECTION_BYTES} are expected`)
  if (count > SECTION_COUNT_MAX)
    throw new GolangError('elf', `${count} sections: at most ${SECTION_COUNT_MAX}`)
  const view = viewOf(readBytes(source, offset, count * SECTION_BYTES))
  const names = readNames(source, view, nameTableIndex, count)
  return Array.from({ length: count }, (_, index) => {
    const at = index * SECTION_BYTES
    return {
      name: stringAt(names, view.getUint32(at, true), NAME_BYTES_MAX) ?? '',
      type: view.getUint32(at + 4, true),
      address: readWord(view, at + 16),
      offset: readWord(view, at + 24),
      size: readWord(view, at + 32),
      link: view.getUint32(at + 40, true),
    }
  })
}

function readNames(source: ByteSource, view: DataView, index: number, count: number): Uint8Array {
  if (index >= count) throw new GolangError('elf', 'no table of section names')
  const at = index * SECTION_BYTES
  const size = readWord(view, at + 32)
  if (size > NAMES_BYTES_MAX) throw new GolangError('elf', `section names of ${size} bytes`)
  return readBytes(source, readWord(view, at + 24), size)
}
