import { fileOffsetOf } from '../elf/elf-image.ts'
import { readBytes } from '../byte-source.ts'
import { relocatedWord } from '../elf/relocation.ts'
import { readWord, viewOf } from '../word.ts'
import { recordOffset } from './function-offsets.ts'
import type { FunctionRecord } from './function-record.ts'
import { functionRecord, nameAt, stringOf } from './function-name.ts'
import { functionEntry, functionIndexAt, tableBytes, type FunctionTable } from './function-table.ts'
import { pcValueAt, type PcValueSteps } from './pc-value.ts'

/** A call, as a person sees it. */
export interface Frame {
  readonly function: string
  /** As the compiler was given it; empty where there is none. */
  readonly file: string
  /** 0 where there is none. */
  readonly line: number
  /** Line of the func keyword; 0 before Go 1.20. */
  readonly startLine: number
  /** Whether its code stands within the next frame's. */
  readonly inlined: boolean
  /** Made by the compiler, for a method value, an interface or a deferred call: what Go's own traces leave out. */
  readonly wrapper: boolean
}

/** Calls inlined within one another; the compiler's budget ends it at about 40. */
const INLINE_DEPTH_MAX = 200

/** Pairs of pc values that are read for one address: three times for each call, but most functions have a hundred. */
const STEP_COUNT_MAX = 2_000_000

const PCDATA_INLINE_INDEX = 2
const FUNCDATA_INLINE_TREE = 3
const PC_VALUE_BYTES = 256
const NO_DATA = 0xffffffff

/** An entry of an inlining tree (runtime, inlinedCall), before and since 1.20. */
const INLINED_CALL = {
  old: { bytes: 20, kind: 2, name: 12, parentPc: 16, startLine: -1 },
  new: { bytes: 16, kind: 0, name: 4, parentPc: 8, startLine: 12 },
} as const

/**
 * The calls at an address, the innermost first: those that were inlined and the function that has the code. Empty for
 * what is no Go code.
 *
 * @param pc of an instruction. For a return address, as all but the innermost of a stack are, give one less: the
 *   instruction after a call can belong to another line, or to another function.
 */
export function framesAt(table: FunctionTable, pc: number): Frame[] {
  const index = functionIndexAt(table, pc)
  const record = index === -1 ? undefined : functionRecord(table, index)
  if (record === undefined) return []
  const recordStart = table.header.functionOffset + recordOffset(table.offsets, index)
  const steps: PcValueSteps = { left: STEP_COUNT_MAX }
  const tree = inlineTree(table, record, recordStart, steps)
  const frames: Frame[] = []
  let offset = pc - functionEntry(table, index)
  for (let depth = 0; depth < INLINE_DEPTH_MAX; depth++) {
    const call = tree?.callAt(offset)
    if (call === undefined) break
    frames.push({
      function: nameAt(table, call.nameOffset),
      ...sourceLine(table, record, offset, steps),
      startLine: call.startLine,
      inlined: true,
      wrapper: call.funcId === table.wrapperKind,
    })
    offset = call.parentPc
  }
  frames.push({
    function: nameAt(table, record.nameOffset),
    ...sourceLine(table, record, offset, steps),
    startLine: record.startLine,
    inlined: false,
    wrapper: record.funcId === table.wrapperKind,
  })
  return frames
}

function sourceLine(table: FunctionTable, record: FunctionRecord, offset: number, steps: PcValueSteps) {
  const line = Math.max(pcValue(table, record.pcLine, offset, steps), 0)
  const file = pcValue(table, record.pcFile, offset, steps)
  return { file: file === -1 ? '' : fileName(table, record.unitOffset + file), line }
}

/** The file with this number in its compilation unit. */
function fileName(table: FunctionTable, unitIndex: number): string {
  const { unitOffset, fileOffset } = table.header
  const at = unitOffset + unitIndex * 4
  const bytes = at + 4 > fileOffset ? new Uint8Array(0) : tableBytes(table, at, 4)
  const offset = bytes.length < 4 ? NO_DATA : viewOf(bytes).getUint32(0, true)
  return offset === NO_DATA ? '' : stringOf(table, fileOffset + offset)
}

function pcValue(table: FunctionTable, offset: number, pcOffset: number, steps: PcValueSteps): number {
  if (offset === 0) return -1
  const read = (at: number) => tableBytes(table, table.header.pcValueOffset + at, PC_VALUE_BYTES)
  return pcValueAt(read, offset, pcOffset, table.header.quantum, steps)
}

interface InlinedCall {
  readonly nameOffset: number
  /** Offset of an instruction on the line of the call. */
  readonly parentPc: number
  readonly startLine: number
  readonly funcId: number
}

/** Reads a function's inlining tree; undefined where nothing was inlined into it. */
function inlineTree(table: FunctionTable, record: FunctionRecord, recordStart: number, steps: PcValueSteps) {
  if (record.pcDataCount <= PCDATA_INLINE_INDEX || record.funcDataCount <= FUNCDATA_INLINE_TREE)
    return undefined
  const indexes = readU32(table, recordStart + record.pcDataAt + PCDATA_INLINE_INDEX * 4)
  const address = treeAddress(table, recordStart + record.funcDataAt)
  if (!indexes || address === undefined) return undefined
  const layout = table.header.format === 20 ? INLINED_CALL.new : INLINED_CALL.old
  return {
    callAt(offset: number): InlinedCall | undefined {
      const index = pcValue(table, indexes, offset, steps)
      const at = address + index * layout.bytes
      const fileOffset = index < 0 ? undefined : fileOffsetOf(table.image, at, layout.bytes)
      if (fileOffset === undefined) return undefined
      const view = viewOf(readBytes(table.cache, fileOffset, layout.bytes))
      return {
        nameOffset: view.getUint32(layout.name, true),
        funcId: view.getUint8(layout.kind),
        parentPc: view.getUint32(layout.parentPc, true),
        startLine: layout.startLine === -1 ? 0 : view.getUint32(layout.startLine, true),
      }
    },
  }
}

function treeAddress(table: FunctionTable, funcDataOffset: number): number | undefined {
  if (table.relocations !== undefined) {
    const at = funcDataOffset + FUNCDATA_INLINE_TREE * 8
    const bytes = tableBytes(table, at, 8)
    const inFile = bytes.length < 8 ? 0 : readWord(viewOf(bytes), 0)
    return relocatedWord(table.relocations, table.address + at) ?? (inFile || undefined)
  }
  const offset = readU32(table, funcDataOffset + FUNCDATA_INLINE_TREE * 4)
  if (offset === undefined || offset === NO_DATA || table.gofunc === undefined) return undefined
  return table.gofunc + offset
}

function readU32(table: FunctionTable, offset: number): number | undefined {
  const bytes = tableBytes(table, offset, 4)
  return bytes.length < 4 ? undefined : viewOf(bytes).getUint32(0, true)
}
