import { segmentAt } from '../elf/elf-image.ts'
import { readBytes } from '../byte-source.ts'
import { relocatedWord } from '../elf/relocation.ts'
import { readWord, viewOf } from '../word.ts'
import { entryOffset, recordOffset } from './function-offsets.ts'
import { readFunctionRecord, type FunctionRecord } from './function-record.ts'
import { pageBytes, tableBytes, type FunctionTable } from './function-table.ts'
import { PcRanges, pcValueAt, type PcRangeWords } from './pc-value.ts'

/** What a function's tables say of its code, decoded. */
export interface FunctionCode {
  readonly entry: number
  readonly record: FunctionRecord
  /** Of lines, then of files, then of inlined calls: where in the code, and which. */
  readonly ranges: PcRangeWords
  /** Where in `ranges` those of lines end, and those of files. */
  readonly linesEnd: number
  readonly filesEnd: number
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
export function lineAt({ ranges, linesEnd }: FunctionCode, offset: number): number {
  return pcValueAt(ranges, 0, linesEnd, offset)
}

/** The file's number in the compilation unit; -1 where there is none. */
export function fileNumberAt({ ranges, linesEnd, filesEnd }: FunctionCode, offset: number): number {
  return pcValueAt(ranges, linesEnd, filesEnd, offset)
}

/** The innermost of the calls that were inlined at an offset. */
export function inlinedCallAt(
  table: FunctionTable,
  { ranges, filesEnd, calls }: FunctionCode,
  offset: number,
): InlinedCall | undefined {
  const index = calls === undefined ? -1 : pcValueAt(ranges, filesEnd, ranges.length, offset)
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
  const recordStart = header.functionOffset + recordOffset(offsets, index)
  const bytes = tableBytes(table, recordStart, RECORD_BYTES)
  const record = readFunctionRecord(bytes, header.format)
  if (record === undefined) return undefined
  const start = entryOffset(offsets, index)
  const code = { size: entryOffset(offsets, index + 1) - start, quantum: header.quantum }
  const read = (at: number) => pageBytes(table, header.pcValueOffset + at)
  const tree = inlineTree(table, record, { bytes, start: recordStart })
  pcRanges.clear()
  const linesEnd = pcRanges.add(read, record.pcLine, code, PAIR_COUNT_MAX)
  const filesEnd = pcRanges.add(read, record.pcFile, code, PAIR_COUNT_MAX)
  if (tree !== undefined) pcRanges.add(read, tree.indexes, code, PAIR_COUNT_MAX)
  const ranges = pcRanges.ranges()
  pcRanges.clear()
  return {
    entry: table.text + start,
    record,
    ranges,
    linesEnd,
    filesEnd,
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
  const indexes = readU32(table, place, record.pcDataAt + PCDATA_INLINE_INDEX * 4)
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
  const offset = readU32(table, place, funcDataAt + FUNCDATA_INLINE_TREE * 4)
  if (offset === undefined || offset === NO_DATA || table.gofunc === undefined) return undefined
  return table.gofunc + offset
}

function readU32(table: FunctionTable, { bytes, start }: RecordBytes, at: number): number | undefined {
  const word = at + 4 <= bytes.length ? bytes.subarray(at, at + 4) : tableBytes(table, start + at, 4)
  return word.length < 4 ? undefined : viewOf(word).getUint32(0, true)
}
