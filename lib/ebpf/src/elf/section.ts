import type { ByteReader } from '@quadrant/core'
import { EbpfError } from '../error.ts'
import { stringTable } from './string-table.ts'

/** sh_type (System V ABI, figure 4-9). */
export const SECTION_TYPE = { progbits: 1, symtab: 2, strtab: 3, rela: 4, nobits: 8, rel: 9 } as const

/** sh_flags. */
export const SECTION_FLAG = { write: 1, alloc: 2, executable: 4, compressed: 0x800 } as const

/** A section with its content. */
export interface ElfSection {
  readonly index: number
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly address: bigint
  /** Bytes it takes in memory; in the file too, save for `nobits`. */
  readonly size: number
  readonly link: number
  readonly info: number
  readonly entryBytes: number
  /** Its content: empty for `nobits`. */
  readonly bytes: Uint8Array
}

const SECTION_HEADER_BYTES = 64

/** More than clang makes of any program, and few enough that a hostile header costs nothing. */
const SECTION_COUNT_MAX = 65_536

/** Reads all section headers of the file that `reader` stands on. */
export function parseSections(reader: ByteReader): ElfSection[] {
  reader.seek(0x28)
  const tableOffset = reader.size()
  reader.seek(0x3a)
  const headerBytes = reader.u16()
  let count = reader.u16()
  let nameTableIndex = reader.u16()
  if (tableOffset === 0) return []
  if (headerBytes !== SECTION_HEADER_BYTES)
    throw new EbpfError(
      'elf',
      `section headers of ${headerBytes} bytes: ${SECTION_HEADER_BYTES} are expected`,
    )
  const first = parseHeader(reader, tableOffset, 0)
  // Numbers that do not fit the file header stand in section 0.
  if (count === 0) count = first.section.size
  if (nameTableIndex === 0xffff) nameTableIndex = first.section.link
  if (count > SECTION_COUNT_MAX) throw new EbpfError('elf', `${count} sections: at most ${SECTION_COUNT_MAX}`)
  const headers = [first]
  let contentBytes = 0
  for (let index = 1; index < count; index++) {
    const header = parseHeader(reader, tableOffset, index)
    contentBytes += header.section.bytes.length
    // Else a small file could have the work of a huge one: every section the whole of it.
    if (contentBytes > reader.bytes.length) throw new EbpfError('elf', 'sections overlap one another')
    headers.push(header)
  }
  const names = headers[nameTableIndex]?.section
  if (names === undefined || names.type !== SECTION_TYPE.strtab)
    throw new EbpfError('elf', 'no table of section names')
  const nameAt = stringTable(names.bytes)
  for (const { section, nameOffset } of headers) section.name = nameAt(nameOffset)
  return headers.map(({ section }) => section)
}

function parseHeader(reader: ByteReader, tableOffset: number, index: number) {
  reader.seek(tableOffset + index * SECTION_HEADER_BYTES)
  const nameOffset = reader.u32()
  const type = reader.u32()
  const flags = Number(BigInt.asUintN(32, reader.u64()))
  const address = reader.u64()
  const offset = reader.size()
  const size = reader.size()
  const link = reader.u32()
  const info = reader.u32()
  reader.skip(8)
  const entryBytes = reader.size()
  const hasContent = type !== SECTION_TYPE.nobits && type !== 0
  const bytes = hasContent ? reader.seek(offset).take(size) : new Uint8Array(0)
  const section = { index, name: '', type, flags, address, size, link, info, entryBytes, bytes }
  return { section, nameOffset }
}
