import { blockCache, type BlockCacheOptions } from '../block-cache.ts'
import { readBytes, type ByteSource } from '../byte-source.ts'
import type { ElfImage } from '../elf/elf-image.ts'
import { readRelocations, relocate, type Relocations } from '../elf/relocation.ts'
import { GolangError } from '../error.ts'
import { RecentCache } from '../recent-cache.ts'
import { readWord, viewOf } from '../word.ts'
import type { PclntabPlace } from './find-pclntab.ts'
import type { FunctionCode } from './function-code.ts'
import {
  entryOffset,
  heldOffsets,
  indexAtOffset,
  sampledOffsets,
  type FunctionOffsets,
} from './function-offsets.ts'
import type { PclntabHeader } from './header.ts'

/**
 * The functions of a Go program, sorted by address. Held are a few bytes of some functions and a bounded cache of the
 * rest, which is read from the file when it is asked for.
 */
export interface FunctionTable {
  readonly image: ElfImage
  readonly header: PclntabHeader
  readonly address: number
  /** What function offsets count from. */
  readonly text: number
  /** Of entries from `text`, and of records. */
  readonly offsets: FunctionOffsets
  /** What functions' data is relative to; undefined where it is not known, and inlined calls with it. */
  readonly gofunc: number | undefined
  /** The kind of function that compilers' wrappers have; undefined where it is not known. */
  readonly wrapperKind: number | undefined
  /** Pointers in the table of a position-independent program before 1.18. */
  readonly relocations: Relocations | undefined
  /** The file, its last blocks kept. */
  readonly cache: ByteSource
  readonly fileOffset: number
  readonly endOffset: number
  /** Names and files that were decoded, by offset. */
  readonly strings: RecentCache<string>
  /** Files that were looked up, by their place in the table of compilation units. */
  readonly files: RecentCache<string>
  /** Functions whose code was asked for, by index. */
  readonly codes: RecentCache<FunctionCode>
}

/** What an entry of a cache takes, and what the head of a string. */
const ENTRY_BYTES = 64

/** An entry; the string is mostly one of `strings` too. */
const FILE_BYTES = 64

/** About what a function's code takes besides its ranges. */
const CODE_BYTES = 400

/** Sources keep pages of so many bytes, or of so many times as many. */
const PAGE_BYTES = 4096

/** A function of a table. */
export interface GoFunction {
  readonly index: number
  /** With its import path, as in `net/http.(*Server).Serve`. */
  readonly name: string
  readonly entry: number
  /** Where the next one begins: padding counts. */
  readonly end: number
}

/** How much of what is decoded is kept. */
export interface DecodedOptions {
  /** Of functions whose frames were asked for: about 1 KB each. Default 32 KiB. */
  readonly codeBytesMax?: number
  /** Of names and files: about 150 bytes each. Default 96 KiB. */
  readonly stringBytesMax?: number
}

export interface FunctionTableOptions extends BlockCacheOptions, DecodedOptions {
  /** Module data's `text.start`. */
  readonly text: number
  /** Module data's `gofunc`. Default unknown: no inlined calls, but before 1.18, which does without. */
  readonly gofunc?: number
  /** The release's `wrapperKind`. Default unknown: no frame is told to be a wrapper. */
  readonly wrapperKind?: number
}

/** Reads which functions there are. @throws {GolangError} `pclntab`, `read` */
export function readFunctionTable(
  image: ElfImage,
  place: PclntabPlace,
  options: FunctionTableOptions,
): FunctionTable {
  const { header, address, endAddress, fileOffset } = place
  const { text, gofunc, wrapperKind } = options
  const relocations = header.format === 16 ? readRelocations(image, address, endAddress) : undefined
  const cache = blockCache(image.source, options)
  return {
    image,
    header,
    address,
    text,
    offsets: relocations
      ? heldOffsets(readWideOffsets(image, place, relocations, text))
      : sampledOffsets(cache, fileOffset + header.functionOffset, header.functionCount),
    gofunc,
    wrapperKind,
    relocations,
    cache,
    fileOffset,
    endOffset: fileOffset + (endAddress - address),
    ...decodedCaches(options),
  }
}

/** The same functions, read through another source that keeps what it has read last, and with caches of their own. */
export function readThrough(
  table: FunctionTable,
  cache: ByteSource,
  options: DecodedOptions = {},
): FunctionTable {
  const offsets = table.offsets.source === undefined ? table.offsets : { ...table.offsets, source: cache }
  return { ...table, offsets, cache, ...decodedCaches(options) }
}

/** About how many bytes are held for a table, but for those of its source. */
export function heldBytes({ offsets, strings, files, codes }: FunctionTable): number {
  return offsets.byteLength + strings.byteLength + files.byteLength + codes.byteLength
}

function decodedCaches({ codeBytesMax = 32 << 10, stringBytesMax = 96 << 10 }: DecodedOptions) {
  return {
    strings: new RecentCache<string>((stringBytesMax * 3) / 4, stringBytes),
    files: new RecentCache<string>(stringBytesMax / 4, () => FILE_BYTES),
    codes: new RecentCache<FunctionCode>(codeBytesMax, ({ ranges }) => CODE_BYTES + ranges.byteLength),
  }
}

/** Names in other than Latin letters have two bytes each. */
function stringBytes(text: string): number {
  return ENTRY_BYTES + text.length * 2
}

/** Before 1.18 they are addresses and words of eight bytes. */
function readWideOffsets(
  image: ElfImage,
  { header, address, fileOffset }: PclntabPlace,
  relocations: Relocations,
  text: number,
): Uint32Array {
  const offsets = new Uint32Array(header.functionCount * 2 + 1)
  const bytes = readBytes(image.source, fileOffset + header.functionOffset, offsets.length * 8)
  const view = viewOf(relocate(relocations, address + header.functionOffset, bytes))
  for (let index = 0; index < offsets.length; index++) {
    const value = readWord(view, index * 8) - (index % 2 === 0 ? text : 0)
    if (!(value >= 0 && value < 2 ** 32))
      throw new GolangError('pclntab', `function ${index >> 1}: outside of the code`)
    offsets[index] = value
  }
  return offsets
}

/** The function that has an address, by its index; -1 where there is none: C code, or no code. */
export function functionIndexAt(table: FunctionTable, pc: number): number {
  return indexAtOffset(table.offsets, pc - table.text)
}

export function functionEntry(table: FunctionTable, index: number): number {
  return table.text + entryOffset(table.offsets, index)
}

/** Some of the table's bytes, of one of its parts: fewer where the table ends, none behind its end. */
export function tableBytes(table: FunctionTable, offset: number, length: number): Uint8Array {
  const start = table.fileOffset + offset
  const left = table.endOffset - start
  return left <= 0 ? new Uint8Array(0) : readBytes(table.cache, start, Math.min(length, left))
}

/** The table's bytes from an offset on as far as one page of the file has them: no copy where pages are kept. */
export function pageBytes(table: FunctionTable, offset: number): Uint8Array {
  return tableBytes(table, offset, PAGE_BYTES - ((table.fileOffset + offset) % PAGE_BYTES))
}
