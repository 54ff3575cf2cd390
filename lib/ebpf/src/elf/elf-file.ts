import { ByteReader } from '@quadrant/core'
import { EbpfError } from '../error.ts'
import { parseSections, type ElfSection } from './section.ts'
import { parseSymbols, type ElfSymbol } from './symbol.ts'

/** A 64-bit ELF file in either byte order. Sections and symbols are views of `bytes`: nothing is copied. */
export interface ElfFile {
  readonly bytes: Uint8Array
  readonly littleEndian: boolean
  /** e_type: 1 relocatable, 2 executable, 3 shared. */
  readonly type: number
  /** e_machine: 247 is BPF. */
  readonly machine: number
  readonly sections: readonly ElfSection[]
  readonly symbols: readonly ElfSymbol[]
}

const HEADER_BYTES = 64
const CLASS_64 = 2

/**
 * Reads the headers, sections and symbols (System V ABI, chapter 4).
 *
 * @throws {EbpfError} `elf` for whatever is not a well-formed 64-bit ELF file
 */
export function parseElf(bytes: Uint8Array): ElfFile {
  try {
    // A Buffer's slice shares memory where that of other arrays copies: nothing below is to meet one.
    return parse(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (error) {
    throw EbpfError.from(error, 'elf')
  }
}

function parse(bytes: Uint8Array): ElfFile {
  if (bytes.length < HEADER_BYTES || !startsWithMagic(bytes)) throw new EbpfError('elf', 'not an ELF file')
  if (bytes[4] !== CLASS_64) throw new EbpfError('elf', 'not a 64-bit ELF file')
  const order = bytes[5]
  if (order !== 1 && order !== 2) throw new EbpfError('elf', `unknown byte order ${order}`)
  const littleEndian = order === 1
  const reader = new ByteReader(bytes, { littleEndian }).seek(16)
  const type = reader.u16()
  const machine = reader.u16()
  const sections = parseSections(reader)
  const symbols = parseSymbols(sections, littleEndian)
  return { bytes, littleEndian, type, machine, sections, symbols }
}

function startsWithMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
}
