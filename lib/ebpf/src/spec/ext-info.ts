import { ByteReader } from '@quadrant/core'
import type { Btf } from '../btf/btf.ts'
import { EbpfError } from '../error.ts'
import { INSTRUCTION_BYTES } from './instruction.ts'

/** Records of one kind for one section, in words: `stride` of them a record, the first the byte offset. */
export interface SectionInfo {
  readonly stride: number
  readonly words: Uint32Array
}

/** What `.BTF.ext` tells of instructions. */
export interface ExtInfo {
  /** By section name. */
  readonly functions: ReadonlyMap<string, SectionInfo>
  readonly lines: ReadonlyMap<string, SectionInfo>
  readonly relocations: ReadonlyMap<string, SectionInfo>
}

const MAGIC = 0xeb9f
const HEADER_BYTES = 24
const HEADER_WITH_RELOCATIONS_BYTES = 32
const RECORD_BYTES_MAX = 256

/** Words we read of each record; newer compilers may append more, which is skipped. */
const FUNCTION_WORDS = 2
const LINE_WORDS = 4
const RELOCATION_WORDS = 4

const NONE: ExtInfo = { functions: new Map(), lines: new Map(), relocations: new Map() }

/**
 * Reads `.BTF.ext` (Documentation/bpf/btf.rst): which function, source line and CO-RE relocation belongs to which
 * instruction. Without the section everything is empty.
 *
 * @throws {EbpfError | RangeError}
 */
export function parseExtInfo(bytes: Uint8Array | undefined, btf: Btf): ExtInfo {
  if (bytes === undefined) return NONE
  const reader = new ByteReader(bytes, { littleEndian: btf.header.littleEndian })
  if (reader.u16() !== MAGIC) throw new EbpfError('btf', '.BTF.ext: unknown magic number')
  reader.skip(2)
  const headerBytes = reader.u32()
  if (headerBytes < HEADER_BYTES) throw new EbpfError('btf', `.BTF.ext: header of ${headerBytes} bytes`)
  const part = () => ({ start: headerBytes + reader.u32(), byteLength: reader.u32() })
  const functions = part()
  const lines = part()
  const relocations =
    headerBytes >= HEADER_WITH_RELOCATIONS_BYTES ? part() : { start: headerBytes, byteLength: 0 }
  return {
    functions: parsePart(reader, btf, functions, FUNCTION_WORDS),
    lines: parsePart(reader, btf, lines, LINE_WORDS),
    relocations: parsePart(reader, btf, relocations, RELOCATION_WORDS),
  }
}

function parsePart(
  reader: ByteReader,
  btf: Btf,
  part: { readonly start: number; readonly byteLength: number },
  stride: number,
): Map<string, SectionInfo> {
  const sections = new Map<string, SectionInfo>()
  if (part.byteLength === 0) return sections
  const end = part.start + part.byteLength
  reader.seek(part.start)
  const recordBytes = reader.u32()
  if (recordBytes < stride * 4 || recordBytes > RECORD_BYTES_MAX || recordBytes % 4 !== 0)
    throw new EbpfError('btf', `.BTF.ext: records of ${recordBytes} bytes`)
  while (reader.offset < end) {
    const section = btf.string(reader.u32())
    const count = reader.u32()
    if (count * recordBytes > reader.remainingBytes)
      throw new EbpfError('btf', `.BTF.ext: ${count} records of ${section} do not fit`)
    const words = new Uint32Array(count * stride)
    for (let record = 0; record < count; record++) {
      for (let word = 0; word < stride; word++) words[record * stride + word] = reader.u32()
      reader.skip(recordBytes - stride * 4)
    }
    const info = { stride, words: ordered(words, stride) }
    checkOffsets(section, info)
    sections.set(section, info)
  }
  return sections
}

/** A range of a section's bytes that becomes part of a program. */
export interface CodeRange {
  readonly from: number
  readonly to: number
  /** Where it begins in the program: bytes. */
  readonly base: number
}

/** Appends the records of the range to `out`, their offsets counted from the program's start in units of `unitBytes`. */
export function appendInfo(
  out: number[],
  info: SectionInfo | undefined,
  range: CodeRange,
  unitBytes: 1 | 8,
): void {
  if (info === undefined) return
  const { stride, words } = info
  const { from, to, base } = range
  for (let at = firstAtOrAfter(info, from) * stride; at < words.length && words[at]! < to; at += stride) {
    out.push((words[at]! - from + base) / unitBytes)
    for (let word = 1; word < stride; word++) out.push(words[at + word]!)
  }
}

/** The kernel takes one record for an instruction; a thousand would go into each program that has the instruction. */
function checkOffsets(section: string, { stride, words }: SectionInfo): void {
  for (let at = 0; at < words.length; at += stride)
    if (words[at]! % INSTRUCTION_BYTES !== 0 || (at > 0 && words[at] === words[at - stride]))
      throw new EbpfError('btf', `.BTF.ext: records of ${section} that belong to no instruction of their own`)
}

/** Records in the order of their offsets, as compilers write them already. */
function ordered(words: Uint32Array, stride: number): Uint32Array {
  let isOrdered = true
  for (let at = stride; at < words.length; at += stride) isOrdered &&= words[at - stride]! <= words[at]!
  if (isOrdered) return words
  const starts = Array.from({ length: words.length / stride }, (_, record) => record * stride)
  starts.sort((a, b) => words[a]! - words[b]!)
  const sorted = new Uint32Array(words.length)
  starts.forEach((start, record) => sorted.set(words.subarray(start, start + stride), record * stride))
  return sorted
}

/** Index of the first record whose offset is not below `from`, by halving. */
function firstAtOrAfter({ stride, words }: SectionInfo, from: number): number {
  let low = 0
  let high = words.length / stride
  while (low < high) {
    const middle = (low + high) >> 1
    if (words[middle * stride]! < from) low = middle + 1
    else high = middle
  }
  return low
}
