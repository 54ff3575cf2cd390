import { readBytes } from '../byte-source.ts'
import { GolangError } from '../error.ts'
import { readWord, viewOf } from '../word.ts'
import { fileOffsetOf, readAddress, type ElfImage } from './elf-image.ts'
import { SEGMENT_TYPE } from './segment.ts'

/**
 * Pointers that the dynamic linker would write, sorted by address. `value` is what stands there when the program is
 * loaded at its link address. RELR relocations have their value in the file already, and so need no entry.
 */
export interface Relocations {
  readonly addresses: Float64Array
  readonly values: Float64Array
}

const DT_RELA = 7
const DT_RELASZ = 8
const DYNAMIC_BYTES = 16
const DYNAMIC_COUNT_MAX = 4096

const RELA_BYTES = 24
const RELATIVE = { amd64: 8, arm64: 1027 } as const

/** 8 million pointers; a PIE of 100 MB has one million. */
const RELA_TABLE_BYTES_MAX = 192 << 20

/** A thousand pointers, and how many of such parts are read at once. */
const PART_BYTES = RELA_BYTES * 1024
const PARTS_AT_ONCE = 32

/** The relative relocations of the addresses from `start` until before `end`. @throws {GolangError} `elf`, `read` */
export function readRelocations(image: ElfImage, start: number, end: number): Relocations {
  const addresses: number[] = []
  const values: number[] = []
  eachRelative(
    image,
    (address, value) => {
      if (address >= start && address < end) {
        addresses.push(address)
        values.push(value)
      }
    },
    (part, { firsts, lasts }) => firsts[part]! < end && lasts[part]! >= start,
  )
  const order = Uint32Array.from(addresses.keys()).sort((a, b) => addresses[a]! - addresses[b]!)
  return {
    addresses: Float64Array.from(order, (index) => addresses[index]!),
    values: Float64Array.from(order, (index) => values[index]!),
  }
}

/** Where a pointer with this value is to be written. @throws {GolangError} `elf`, `read` */
export function relocationsTo(image: ElfImage, target: number): number[] {
  const found: number[] = []
  eachRelative(image, (address, value) => {
    if (value === target && found.length < 64) found.push(address)
  })
  return found
}

/** The bytes at an address as they are in memory, at the link address. @throws {GolangError} `elf`, `read` */
export function readRelocated(image: ElfImage, address: number, length: number): Uint8Array {
  return relocate(
    readRelocations(image, address, address + length),
    address,
    readAddress(image, address, length),
  )
}

/** A copy of the bytes of an address with the pointers among them written. */
export function relocate(relocations: Relocations, address: number, bytes: Uint8Array): Uint8Array {
  const { addresses, values } = relocations
  const copy = bytes.slice()
  const view = viewOf(copy)
  for (let index = lowerBound(addresses, address); index < addresses.length; index++) {
    const at = addresses[index]! - address
    if (at + 8 > copy.length) break
    view.setUint32(at, values[index]! % 2 ** 32, true)
    view.setUint32(at + 4, Math.floor(values[index]! / 2 ** 32), true)
  }
  return copy
}

/** The value at an address, or undefined where no relocation writes it. */
export function relocatedWord(relocations: Relocations, address: number): number | undefined {
  const index = lowerBound(relocations.addresses, address)
  return relocations.addresses[index] === address ? relocations.values[index] : undefined
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Calls back for the relative relocations of each part of the table that is wanted. */
function eachRelative(
  image: ElfImage,
  onPointer: (address: number, value: number) => void,
  wanted: (part: number, index: RelocationIndex) => boolean = () => true,
): void {
  const index = indexOf(image)
  if (index === undefined) return
  const relative = RELATIVE[image.architecture]
  const partCount = index.firsts.length
  for (let part = 0; part < partCount;) {
    if (!wanted(part, index)) {
      part++
      continue
    }
    const start = part
    while (part < partCount && part - start < PARTS_AT_ONCE && wanted(part, index)) part++
    eachEntry(image, index, start, part, (view, at) => {
      if (view.getUint32(at + 8, true) === relative) onPointer(readWord(view, at), readWord(view, at + 16))
    })
  }
}

function eachEntry(
  image: ElfImage,
  { offset, size }: Pick<RelocationIndex, 'offset' | 'size'>,
  firstPart: number,
  endPart: number,
  onEntry: (view: DataView, at: number) => void,
): void {
  const start = firstPart * PART_BYTES
  const bytes = readBytes(image.source, offset + start, Math.min(endPart * PART_BYTES, size) - start)
  const view = viewOf(bytes)
  for (let at = 0; at + RELA_BYTES <= bytes.length; at += RELA_BYTES) onEntry(view, at)
}

/**
 * Which addresses each part of the table is about. Linkers sort them, so that the relocations of a few addresses stand
 * in one part or two; where they do not, more is read.
 */
interface RelocationIndex {
  readonly offset: number
  readonly size: number
  /** The lowest and the highest address in each part. */
  readonly firsts: Float64Array
  readonly lasts: Float64Array
}

const indexes = new WeakMap<ElfImage, { readonly index: RelocationIndex | undefined }>()

/** Made when it is first needed, in one pass over the table, and kept with the image: 16 bytes a thousand pointers. */
function indexOf(image: ElfImage): RelocationIndex | undefined {
  const known = indexes.get(image)
  if (known !== undefined) return known.index
  const table = findTable(image)
  const index = table && makeIndex(image, table)
  indexes.set(image, { index })
  return index
}

/** The lowest and the highest address; of a million entries, so it calls nothing that is not called for each. */
function addressRange(view: DataView, start: number, end: number): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY
  let high = -1
  for (let at = start; at < end; at += RELA_BYTES) {
    const address = readWord(view, at)
    if (address < low) low = address
    if (address > high) high = address
  }
  return [low, high]
}

function makeIndex(image: ElfImage, table: Pick<RelocationIndex, 'offset' | 'size'>): RelocationIndex {
  const partCount = Math.ceil(table.size / PART_BYTES)
  const firsts = new Float64Array(partCount)
  const lasts = new Float64Array(partCount)
  for (let part = 0; part < partCount; part += PARTS_AT_ONCE) {
    const start = part * PART_BYTES
    const view = viewOf(
      readBytes(image.source, table.offset + start, Math.min(PARTS_AT_ONCE * PART_BYTES, table.size - start)),
    )
    for (let at = 0; at < view.byteLength; at += PART_BYTES) {
      const index = part + at / PART_BYTES
      const [low, high] = addressRange(view, at, Math.min(at + PART_BYTES, view.byteLength))
      firsts[index] = low
      lasts[index] = high
    }
  }
  return { ...table, firsts, lasts }
}

/** DT_RELA in the file. */
function findTable(image: ElfImage): { readonly offset: number; readonly size: number } | undefined {
  const dynamic = image.segments.find(({ type }) => type === SEGMENT_TYPE.dynamic)
  if (dynamic === undefined) return undefined
  const count = Math.min(Math.floor(dynamic.fileBytes / DYNAMIC_BYTES), DYNAMIC_COUNT_MAX)
  const view = viewOf(readBytes(image.source, dynamic.offset, count * DYNAMIC_BYTES))
  let address = 0
  let size = 0
  for (let at = 0; at < count * DYNAMIC_BYTES; at += DYNAMIC_BYTES) {
    const tag = readWord(view, at)
    if (tag === 0) break
    if (tag === DT_RELA) address = readWord(view, at + 8)
    if (tag === DT_RELASZ) size = readWord(view, at + 8)
  }
  if (address === 0 || size === 0) return undefined
  if (size > RELA_TABLE_BYTES_MAX) throw new GolangError('limit', `relocations of ${size} bytes`)
  const offset = fileOffsetOf(image, address, size)
  if (offset === undefined) throw new GolangError('elf', 'the relocations are outside of the file')
  return { offset, size: size - (size % RELA_BYTES) }
}
