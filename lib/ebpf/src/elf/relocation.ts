import { ByteReader } from '@quadrant/core'
import { EbpfError } from '../error.ts'
import type { ElfFile } from './elf-file.ts'
import { SECTION_TYPE } from './section.ts'
import type { ElfSymbol } from './symbol.ts'

/** A place in a section that refers to a symbol. */
export interface ElfRelocation {
  /** Where in the section: bytes. */
  readonly offset: number
  /** R_BPF_64_64 = 1, R_BPF_64_ABS64 = 2, R_BPF_64_ABS32 = 3, R_BPF_64_32 = 10. */
  readonly type: number
  readonly symbol: ElfSymbol
  /** 0 where the file keeps it in the relocated place (REL). */
  readonly addend: number
}

const REL_BYTES = 16
const RELA_BYTES = 24

/** The relocations of every section that has some, by its index, ordered by offset. @throws {EbpfError} `elf` */
export function relocationsBySection(elf: ElfFile): Map<number, ElfRelocation[]> {
  const sections = new Map<number, ElfRelocation[]>()
  for (const table of elf.sections) {
    const section = elf.sections[table.info]
    if (table.type !== SECTION_TYPE.rel && table.type !== SECTION_TYPE.rela) continue
    if (section === undefined) throw new EbpfError('elf', `${table.name}: relocates no section`)
    const relocations = sections.get(section.index) ?? []
    sections.set(section.index, relocations)
    const withAddend = table.type === SECTION_TYPE.rela
    const entryBytes = withAddend ? RELA_BYTES : REL_BYTES
    const reader = new ByteReader(table.bytes, { littleEndian: elf.littleEndian })
    while (reader.remainingBytes >= entryBytes) {
      const offset = Number(reader.u64())
      const info = reader.u64()
      const addend = withAddend ? Number(BigInt.asIntN(64, reader.u64())) : 0
      const symbolIndex = Number(info >> 32n)
      const symbol = elf.symbols[symbolIndex]
      if (symbol === undefined)
        throw new EbpfError('elf', `relocation at ${offset} of ${section.name}: no symbol ${symbolIndex}`)
      relocations.push({ offset, type: Number(info & 0xffffffffn), symbol, addend })
    }
  }
  for (const relocations of sections.values()) relocations.sort((a, b) => a.offset - b.offset)
  return sections
}
