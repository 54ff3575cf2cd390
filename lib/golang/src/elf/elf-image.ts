import { readBytes, type ByteSource } from '../byte-source.ts'
import { GolangError } from '../error.ts'
import { readWord, viewOf } from '../word.ts'
import { readSections, type ElfSection } from './section.ts'
import { readSegments, SEGMENT_TYPE, type ElfSegment } from './segment.ts'

export type Architecture = 'amd64' | 'arm64'

/** The headers of an executable. Its content stays where it is until it is asked for. */
export interface ElfImage {
  readonly source: ByteSource
  readonly architecture: Architecture
  /** e_type: 2 fixed addresses, 3 position independent. */
  readonly type: number
  readonly segments: readonly ElfSegment[]
  /** Empty where they were stripped. */
  readonly sections: readonly ElfSection[]
}

const HEADER_BYTES = 64
const CLASS_64 = 2
const LITTLE_ENDIAN = 1
const MACHINE: Readonly<Record<number, Architecture>> = { 62: 'amd64', 183: 'arm64' }

/**
 * Reads the headers (System V ABI, chapters 4 and 5): about 100 bytes a section and segment.
 *
 * @throws {GolangError} `elf`, `read`
 */
export function openElf(source: ByteSource): ElfImage {
  if (source.byteLength < HEADER_BYTES) throw new GolangError('elf', 'not an ELF file: too short')
  const header = readBytes(source, 0, HEADER_BYTES)
  const view = viewOf(header)
  if (view.getUint32(0) !== 0x7f454c46) throw new GolangError('elf', 'not an ELF file')
  if (header[4] !== CLASS_64) throw new GolangError('elf', 'not a 64-bit ELF file')
  if (header[5] !== LITTLE_ENDIAN) throw new GolangError('elf', 'not a little-endian ELF file')
  const machine = view.getUint16(18, true)
  const architecture = MACHINE[machine]
  if (architecture === undefined)
    throw new GolangError('elf', `machine ${machine}: only amd64 (62) and arm64 (183) are read`)
  const segments = readSegments(source, {
    offset: readWord(view, 32),
    entryBytes: view.getUint16(54, true),
    count: view.getUint16(56, true),
  })
  const sections = readSections(source, {
    offset: readWord(view, 40),
    entryBytes: view.getUint16(58, true),
    count: view.getUint16(60, true),
    nameTableIndex: view.getUint16(62, true),
  })
  return { source, architecture, type: view.getUint16(16, true), segments, sections }
}

export function sectionNamed(image: ElfImage, name: string): ElfSection | undefined {
  return image.sections.find((section) => section.name === name)
}

/** The loaded segment that has these bytes in the file. */
export function segmentAt(image: ElfImage, address: number, length = 1): ElfSegment | undefined {
  return image.segments.find(
    ({ type, address: start, fileBytes }) =>
      type === SEGMENT_TYPE.load && address >= start && address + length <= start + fileBytes,
  )
}

/** Where some bytes at an address lie in the file; undefined for what it does not have, as for zeroed memory. */
export function fileOffsetOf(image: ElfImage, address: number, length = 1): number | undefined {
  const segment = segmentAt(image, address, length)
  return segment && address - segment.address + segment.offset
}

/** The address that a place in the file is loaded to. */
export function addressOf(image: ElfImage, fileOffset: number): number | undefined {
  const segment = image.segments.find(
    ({ type, offset, fileBytes }) =>
      type === SEGMENT_TYPE.load && fileOffset >= offset && fileOffset < offset + fileBytes,
  )
  return segment && fileOffset - segment.offset + segment.address
}

/** The bytes at an address as the file has them, before any relocation. @throws {GolangError} `elf`, `read` */
export function readAddress(image: ElfImage, address: number, length: number): Uint8Array {
  const offset = fileOffsetOf(image, address, length)
  if (offset === undefined)
    throw new GolangError('elf', `address 0x${address.toString(16)}: the file does not have ${length} bytes`)
  return readBytes(image.source, offset, length)
}
