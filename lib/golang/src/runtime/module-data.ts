import { readBytes } from '../byte-source.ts'
import { sectionNamed, segmentAt, type ElfImage } from '../elf/elf-image.ts'
import { readRelocated, relocationsTo } from '../elf/relocation.ts'
import { SEGMENT_FLAG, SEGMENT_TYPE } from '../elf/segment.ts'
import { GolangError } from '../error.ts'
import type { PclntabPlace } from '../pclntab/find-pclntab.ts'
import { readWord, viewOf } from '../word.ts'
import type { AddressRange } from './data-references.ts'
import type { RuntimeField } from './field.ts'
import type { RuntimeRelease } from './release.ts'

/** What the linker tells the runtime about a program (runtime, moduledata). Addresses are link addresses. */
export interface ModuleData {
  readonly address: number
  /** How it was found: by its own section (since 1.26), by a pointer in the data, or by a relocation. */
  readonly via: 'section' | 'pointer' | 'relocation'
  /** Of Go's code. With cgo it begins behind what the C compiler put first. */
  readonly text: AddressRange
  /** The following are undefined where the layout of the Go version is not known. All variables: */
  readonly data?: AddressRange
  readonly types?: AddressRange
  readonly rodata?: number
  /** What functions' data is relative to, inlining trees among it; undefined also before 1.18. */
  readonly gofunc?: number
}

/** The words of which the place is known in every version, 1.16 to 1.27: up to etext. */
const COMMON_WORDS = 24
const WORD = {
  pclntab: 0,
  names: 1,
  functions: 13,
  table: 16,
  tableLength: 17,
  minPc: 20,
  maxPc: 21,
  text: 22,
}

/** More than any struct has. */
const BYTES_MAX = 512

const CHUNK_BYTES = 1 << 20

/**
 * Finds the module data that belongs to a function table.
 *
 * @param release the layout of the program's Go version, if it is known
 * @throws {GolangError} `moduledata` where there is none
 */
export function findModuleData(
  image: ElfImage,
  place: PclntabPlace,
  release?: Pick<RuntimeRelease, 'fields'>,
): ModuleData {
  const section = sectionNamed(image, '.go.module')
  if (section !== undefined) {
    const data = readAt(image, place, section.address, 'section', release)
    if (data !== undefined) return data
  }
  for (const address of pointersTo(image, place.address)) {
    const data = readAt(image, place, address, 'pointer', release)
    if (data !== undefined) return data
  }
  for (const address of relocationsTo(image, place.address)) {
    const data = readAt(image, place, address, 'relocation', release)
    if (data !== undefined) return data
  }
  throw new GolangError('moduledata', 'no module data points to the function table')
}

function readAt(
  image: ElfImage,
  place: PclntabPlace,
  address: number,
  via: ModuleData['via'],
  release?: Pick<RuntimeRelease, 'fields'>,
): ModuleData | undefined {
  const segment = segmentAt(image, address, COMMON_WORDS * 8)
  if (segment === undefined) return undefined
  const bytesLeft = segment.address + segment.fileBytes - address
  const view = viewOf(readRelocated(image, address, Math.min(BYTES_MAX, bytesLeft)))
  const word = (index: number) => readWord(view, index * 8)
  const { header } = place
  const start = word(WORD.text)
  const end = word(WORD.text + 1)
  const fits =
    word(WORD.pclntab) === place.address &&
    word(WORD.names) === place.address + header.nameOffset &&
    word(WORD.functions) === place.address + header.functionOffset &&
    word(WORD.table) === place.address + header.functionOffset &&
    word(WORD.tableLength) === header.functionCount + 1 &&
    start <= word(WORD.minPc) &&
    word(WORD.minPc) < word(WORD.maxPc) &&
    word(WORD.maxPc) <= end
  if (!fits) return undefined
  const field = (name: RuntimeField): number | undefined => {
    const at = release?.fields[name]?.[0]
    return at === undefined || at + 8 > view.byteLength ? undefined : readWord(view, at)
  }
  const sections = field('moduledata.textsectmap')
  const sectionCount =
    sections === undefined ? 0 : readWord(view, release!.fields['moduledata.textsectmap']![0] + 8)
  // The linker splits code that branches can't span; its offsets then need a map.
  if (sectionCount > 1) throw new GolangError('moduledata', `code in ${sectionCount} parts: not supported`)
  const range = (from?: number, to?: number) =>
    from === undefined || to === undefined || !(from <= to) ? undefined : { start: from, end: to }
  return {
    address,
    via,
    text: { start, end },
    data: range(field('moduledata.noptrdata'), field('moduledata.enoptrbss')),
    types: range(field('moduledata.types'), field('moduledata.etypes')),
    rodata: field('moduledata.rodata'),
    gofunc: field('moduledata.gofunc'),
  }
}

/** Where the file has this pointer among its writable data. */
function* pointersTo(image: ElfImage, target: number): Generator<number> {
  const low = target % 2 ** 32
  for (const { type, flags, address, offset, fileBytes } of image.segments) {
    if (type !== SEGMENT_TYPE.load || (flags & SEGMENT_FLAG.executable) !== 0) continue
    // Data of position-independent programs is written once, and may be in a segment that is not writable any more.
    if ((flags & SEGMENT_FLAG.write) === 0 && image.type === 2) continue
    const shift = (8 - (address % 8)) % 8
    for (let done = shift; done + 8 <= fileBytes; done += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, fileBytes - done)
      const view = viewOf(readBytes(image.source, offset + done, length))
      for (let at = 0; at + 8 <= length; at += 8)
        if (view.getUint32(at, true) === low && readWord(view, at) === target) yield address + done + at
    }
  }
}
