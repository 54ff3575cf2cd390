import { segmentAt } from '../elf/elf-image.ts'
import { readBytes } from '../byte-source.ts'
import { relocatedWord } from '../elf/relocation.ts'
import { readU32, readWord, viewOf } from '../word.ts'
import { functionPlace } from './function-offsets.ts'
import { readFunctionRecord, type FunctionRecord } from './function-record.ts'
import { pageBytes, tableBytes, type FunctionTable } from './function-table.ts'
import { PcRanges, pcValueAt, type PcRangeWords } from './pc-value.ts'

/** What a function's tables say of its code, decoded. */
export interface FunctionCode {
  readonly entry: number
  readonly record: FunctionRecord
  /** Of files, then of lines, then of inlined calls: where in the code, and which. */
  readonly ranges: PcRangeWords
  /** Where in `ranges` those of files end, and those of lines. */
  readonly filesEnd: number
  readonly linesEnd: number
  /** Undefined where nothing was inlined into it. */
  readonly calls: InlinedCalls | undefined
}

/** Where a function's inlined calls stand in the file, and how far they may. */
interface InlinedCalls {
  readonly offset: number
  readonly endOffset: number
}

/** A call that was inlined. */
export interface InlinedCall {
  readonly nameOffset: number
  /** Offset of an instruction on the line of the call. */
  readonly parentPc: number
  readonly startLine: number
  readonly funcId: number
}

/** Pairs of pc values that are read of one table; the largest function we know has 40,000, most have a hundred. */
const PAIR_COUNT_MAX = 700_000

const PCDATA_INLINE_INDEX = 2
const FUNCDATA_INLINE_TREE = 3
const NO_DATA = 0xffffffff

/** An entry of an inlining tree (runtime, inlinedCall), before and since 1.20. */
const INLINED_CALL = {
  old: { bytes: 20, kind: 2, name: 12, parentPc: 16, startLine: -1 },
  new: { bytes: 16, kind: 0, name: 4, parentPc: 8, startLine: 12 },
} as const

/** Most records have fewer bytes, with what stands behind their fixed part. */
const RECORD_BYTES = 96

const pcRanges = new PcRanges()

/** A function's tables, decoded when it is first asked for. Undefined where the table is broken. */
export function functionCode(table: FunctionTable, index: number): FunctionCode | undefined {
  const known = table.codes.get(index)
  if (known !== undefined) return known
  const code = readCode(table, index)
  if (code !== undefined) table.codes.set(index, code)
  return code
}

/** -1 where there is none. */
export function lineAt({ ranges, filesEnd, linesEnd }: FunctionCode, offset: number): number {
  return pcValueAt(ranges, filesEnd, linesEnd, offset)
}

/** The file's number in the compilation unit; -1 where there is none. */
export function fileNumberAt({ ranges, filesEnd }: FunctionCode, offset: number): number {
  return pcValueAt(ranges, 0, filesEnd, offset)
}

/** The innermost of the calls that were inlined at an offset. */
export function inlinedCallAt(
  table: FunctionTable,
  { ranges, linesEnd, calls }: FunctionCode,
  offset: number,
): InlinedCall | undefined {
  const index = calls === undefined ? -1 : pcValueAt(ranges, linesEnd, ranges.length, offset)
  if (calls === undefined || index < 0) return undefined
  const layout = table.header.format === 20 ? INLINED_CALL.new : INLINED_CALL.old
  const at = calls.offset + index * layout.bytes
  if (at + layout.bytes > calls.endOffset) return undefined
  const view = viewOf(readBytes(table.cache, at, layout.bytes))
  return {
    nameOffset: view.getUint32(layout.name, true),
    funcId: view.getUint8(layout.kind),
    parentPc: view.getUint32(layout.parentPc, true),
    startLine: layout.startLine === -1 ? 0 : view.getUint32(layout.startLine, true),
  }
}

function readCode(table: FunctionTable, index: number): FunctionCode | undefined {
  const { header, offsets } = table
  const { entry, record: recordOffset, end } = functionPlace(offsets, index)
  const recordStart = header.functionOffset + recordOffset
  const bytes = tableBytes(table, recordStart, RECORD_BYTES)
  const record = readFunctionRecord(bytes, header.format)
  if (record === undefined) return undefined
  const code = { size: end - entry, quantum: header.quantum }
  const read = (at: number) => pageBytes(table, header.pcValueOffset + at)
  const tree = inlineTree(table, record, { bytes, start: recordStart })
  pcRanges.clear()
  // In the order in which linkers write them: all stand on one page, most times.
  const filesEnd = pcRanges.add(read, record.pcFile, code, PAIR_COUNT_MAX)
  const linesEnd = pcRanges.add(read, record.pcLine, code, PAIR_COUNT_MAX)
  if (tree !== undefined) pcRanges.add(read, tree.indexes, code, PAIR_COUNT_MAX)
  const ranges = pcRanges.ranges()
  pcRanges.clear()
  return {
    entry: table.text + entry,
    record,
    ranges,
    filesEnd,
    linesEnd,
    calls: tree && inlinedCalls(table, tree.address),
  }
}

/** A record, the words behind its fixed part included, as far as they were read with it. */
interface RecordBytes {
  readonly bytes: Uint8Array
  readonly start: number
}

/** The table of which call is inlined where, and the address of the calls. */
function inlineTree(table: FunctionTable, record: FunctionRecord, place: RecordBytes) {
  if (record.pcDataCount <= PCDATA_INLINE_INDEX || record.funcDataCount <= FUNCDATA_INLINE_TREE)
    return undefined
  const indexes = wordAt(table, place, record.pcDataAt + PCDATA_INLINE_INDEX * 4)
  const address = indexes ? treeAddress(table, place, record.funcDataAt) : undefined
  return indexes && address !== undefined ? { indexes, address } : undefined
}

function inlinedCalls({ image }: FunctionTable, address: number): InlinedCalls | undefined {
  const segment = segmentAt(image, address)
  return (
    segment && {
      offset: address - segment.address + segment.offset,
      endOffset: segment.offset + segment.fileBytes,
    }
  )
}

function treeAddress(table: FunctionTable, place: RecordBytes, funcDataAt: number): number | undefined {
  if (table.relocations !== undefined) {
    const at = place.start + funcDataAt + FUNCDATA_INLINE_TREE * 8
    const bytes = tableBytes(table, at, 8)
    const inFile = bytes.length < 8 ? 0 : readWord(viewOf(bytes), 0)
    return relocatedWord(table.relocations, table.address + at) ?? (inFile || undefined)
  }
  const offset = wordAt(table, place, funcDataAt + FUNCDATA_INLINE_TREE * 4)
  if (offset === undefined || offset === NO_DATA || table.gofunc === undefined) return undefined
  return table.gofunc + offset
}

function wordAt(table: FunctionTable, { bytes, start }: RecordBytes, at: number): number | undefined {
  if (at + 4 <= bytes.length) return readU32(bytes, at)
  const word = tableBytes(table, start + at, 4)
  return word.length < 4 ? undefined : readU32(word, 0)
}
