import { readU32 } from '../word.ts'
import { fileNumberAt, functionCode, inlinedCallAt, lineAt, type FunctionCode } from './function-code.ts'
import { nameAt, stringOf } from './function-name.ts'
import type { FunctionRecord } from './function-record.ts'
import { functionIndexAt, tableBytes, type FunctionTable } from './function-table.ts'

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

const NO_FILE = 0xffffffff
const NO_BYTES = new Uint8Array(0)

/**
 * The calls at an address, the innermost first: those that were inlined and the function that has the code. Empty for
 * what is no Go code.
 *
 * @param pc of an instruction. For a return address, as all but the innermost of a stack are, give one less: the
 *   instruction after a call can belong to another line, or to another function.
 */
export function framesAt(table: FunctionTable, pc: number): Frame[] {
  const index = functionIndexAt(table, pc)
  const code = index === -1 ? undefined : functionCode(table, index)
  if (code === undefined) return []
  const { record, entry } = code
  const frames: Frame[] = []
  let offset = pc - entry
  for (let depth = 0; depth < INLINE_DEPTH_MAX; depth++) {
    const call = inlinedCallAt(table, code, offset)
    if (call === undefined) break
    frames.push(frameOf(table, code, offset, call, true))
    offset = call.parentPc
  }
  frames.push(frameOf(table, code, offset, record, false))
  return frames
}

function frameOf(
  table: FunctionTable,
  code: FunctionCode,
  offset: number,
  { nameOffset, startLine, funcId }: Pick<FunctionRecord, 'nameOffset' | 'startLine' | 'funcId'>,
  inlined: boolean,
): Frame {
  const fileNumber = fileNumberAt(code, offset)
  return {
    function: nameAt(table, nameOffset),
    file: fileNumber === -1 ? '' : fileName(table, code.record.unitOffset + fileNumber),
    line: Math.max(lineAt(code, offset), 0),
    startLine,
    inlined,
    wrapper: funcId === table.wrapperKind,
  }
}

/** The file with this number in its compilation unit. */
function fileName(table: FunctionTable, unitIndex: number): string {
  const known = table.files.get(unitIndex)
  if (known !== undefined) return known
  const { unitOffset, fileOffset } = table.header
  const at = unitOffset + unitIndex * 4
  const bytes = at + 4 > fileOffset ? NO_BYTES : tableBytes(table, at, 4)
  const offset = bytes.length < 4 ? NO_FILE : readU32(bytes, 0)
  const name = offset === NO_FILE ? '' : stringOf(table, fileOffset + offset)
  table.files.set(unitIndex, name)
  return name
}
