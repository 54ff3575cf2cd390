import { ByteReader } from '@quadrant/core'
import { EbpfError } from '../error.ts'
import { SECTION_TYPE, type ElfSection } from './section.ts'
import { stringTable } from './string-table.ts'

/** Low half of st_info. */
export const SYMBOL_TYPE = { none: 0, object: 1, function: 2, section: 3, file: 4 } as const

/** High half of st_info. */
export const SYMBOL_BINDING = { local: 0, global: 1, weak: 2 } as const

/** An entry of the symbol table. */
export interface ElfSymbol {
  readonly index: number
  /** The section's name for section symbols. */
  readonly name: string
  readonly type: number
  readonly binding: number
  /** 0 is undefined (extern), from 0xff00 on reserved. */
  readonly sectionIndex: number
  /** In a relocatable file the offset in its section. */
  readonly value: number
  readonly size: number
}

const SYMBOL_BYTES = 24

/** Enough for vmlinux; 1.5 million symbols are 36 MB of file. */
const SYMBOL_COUNT_MAX = 1_500_000

/** The symbols that stand in each section, by its index. */
export function symbolsBySection(symbols: readonly ElfSymbol[]): ReadonlyMap<number, readonly ElfSymbol[]> {
  const sections = new Map<number, ElfSymbol[]>()
  for (const symbol of symbols) {
    const already = sections.get(symbol.sectionIndex)
    if (already === undefined) sections.set(symbol.sectionIndex, [symbol])
    else already.push(symbol)
  }
  return sections
}

/** The static symbol table, empty when there is none. */
export function parseSymbols(sections: readonly ElfSection[], littleEndian: boolean): ElfSymbol[] {
  const table = sections.find((section) => section.type === SECTION_TYPE.symtab)
  if (table === undefined) return []
  const strings = sections[table.link]
  if (strings?.type !== SECTION_TYPE.strtab) throw new EbpfError('elf', 'no table of symbol names')
  const count = Math.floor(table.bytes.length / SYMBOL_BYTES)
  if (count > SYMBOL_COUNT_MAX) throw new EbpfError('elf', `${count} symbols: at most ${SYMBOL_COUNT_MAX}`)
  const reader = new ByteReader(table.bytes, { littleEndian })
  const nameAt = stringTable(strings.bytes)
  const symbols: ElfSymbol[] = []
  for (let index = 0; index < count; index++) {
    const nameOffset = reader.u32()
    const info = reader.u8()
    reader.skip(1)
    const sectionIndex = reader.u16()
    const value = Number(reader.u64())
    const size = Number(reader.u64())
    const type = info & 0xf
    const ofSection = type === SYMBOL_TYPE.section ? sections[sectionIndex]?.name : undefined
    const name = ofSection ?? nameAt(nameOffset)
    symbols.push({ index, name, type, binding: info >> 4, sectionIndex, value, size })
  }
  return symbols
}
