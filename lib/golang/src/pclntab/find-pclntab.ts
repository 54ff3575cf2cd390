import { readBytes } from '../byte-source.ts'
import { segmentAt, type ElfImage } from '../elf/elf-image.ts'
import { readRelocated } from '../elf/relocation.ts'
import type { ElfSection } from '../elf/section.ts'
import { SEGMENT_FLAG, SEGMENT_TYPE } from '../elf/segment.ts'
import { GolangError } from '../error.ts'
import { viewOf } from '../word.ts'
import { looksLikePclntab, PCLNTAB_HEADER_BYTES, readPclntabHeader, type PclntabHeader } from './header.ts'

/** Where a table is. */
export interface PclntabPlace {
  /** The header's address. */
  readonly address: number
  /** The table ends at or before it. */
  readonly endAddress: number
  /** `address` in the file. */
  readonly fileOffset: number
  readonly header: PclntabHeader
}

/** Go's own linker names it so; `.data.rel.ro` is where C linkers put that of a position-independent program. */
const SECTIONS = ['.gopclntab', '.data.rel.ro.gopclntab'] as const
const SEARCH_SECTIONS = ['.data.rel.ro', '.rodata'] as const

const ALIGN = 8
const CHUNK_BYTES = 4 << 20

/**
 * Finds the function table: by its section, else by looking for a header in what is not code.
 *
 * @throws {GolangError} `not-go` where there is none, `pclntab` where its section has none that we can read
 */
export function findPclntab(image: ElfImage): PclntabPlace {
  for (const name of SECTIONS) {
    const section = image.sections.find((section) => section.name === name)
    if (section !== undefined) return placeAt(image, section.address, section.address + section.size)
  }
  for (const [start, end] of searchRanges(image))
    for (const address of candidates(image, start, end))
      try {
        return placeAt(image, address, end)
      } catch (error) {
        // Four bytes of data can look like the magic; the next may be the table.
        if (!(error instanceof GolangError) || error.code !== 'pclntab') throw error
      }
  throw new GolangError('not-go', 'no function table: not a program of Go 1.16 or later')
}

function placeAt(image: ElfImage, address: number, limit: number): PclntabPlace {
  const segment = segmentAt(image, address, PCLNTAB_HEADER_BYTES)
  if (segment === undefined) throw new GolangError('pclntab', 'the function table is outside of the file')
  const endAddress = Math.min(limit, segment.address + segment.fileBytes)
  const header = readPclntabHeader(readRelocated(image, address, PCLNTAB_HEADER_BYTES))
  const entryBytes = header.format === 16 ? 16 : 8
  if (address + header.functionOffset + header.functionCount * entryBytes + entryBytes / 2 > endAddress)
    throw new GolangError('pclntab', `${header.functionCount} functions: more than the table has room for`)
  return { address, endAddress, fileOffset: address - segment.address + segment.offset, header }
}

function searchRanges(image: ElfImage): (readonly [start: number, end: number])[] {
  const range = ({ address, size }: ElfSection) => [address, address + size] as const
  const sections = image.sections.filter(({ name }) => (SEARCH_SECTIONS as readonly string[]).includes(name))
  const segments = image.segments
    .filter(({ type, flags }) => type === SEGMENT_TYPE.load && (flags & SEGMENT_FLAG.executable) === 0)
    .map(({ address, fileBytes }) => [address, address + fileBytes] as const)
  return [...sections.map(range), ...segments]
}

function* candidates(image: ElfImage, start: number, end: number): Generator<number> {
  const segment = segmentAt(image, start)
  if (segment === undefined) return
  const stop = Math.min(end, segment.address + segment.fileBytes)
  for (let chunk = Math.ceil(start / ALIGN) * ALIGN; chunk + ALIGN <= stop; chunk += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, stop - chunk)
    const view = viewOf(readBytes(image.source, chunk - segment.address + segment.offset, length))
    for (let at = 0; at + ALIGN <= length; at += ALIGN)
      // The lowest byte first: most places end here.
      if (view.getUint8(at + 3) === 0xff && looksLikePclntab(view, at)) yield chunk + at
  }
}
