import { viewOf } from '../word.ts'
import type { PclntabFormat } from './header.ts'

/** The fixed part of a function's record (runtime, _func), and where what follows it begins. */
export interface FunctionRecord {
  readonly nameOffset: number
  /** Offsets in the pc-value tables; 0 is none. */
  readonly pcFile: number
  readonly pcLine: number
  readonly pcDataCount: number
  readonly unitOffset: number
  /** Line of the func keyword; 0 before 1.20. */
  readonly startLine: number
  /** What it is to the runtime; the numbers are those of the Go version. */
  readonly funcId: number
  readonly funcDataCount: number
  /** Bytes from the record's start to its array of pcdata. */
  readonly pcDataAt: number
  readonly funcDataAt: number
}

/** Bytes of the longest fixed part. */
export const FUNCTION_RECORD_BYTES = 44

/** Bytes from a record's start to its name's offset. */
export function nameFieldAt(format: PclntabFormat): number {
  return format === 16 ? 8 : 4
}

/** `bytes` are the record's first 44, or as many as the table has. Undefined where they are too few. */
export function readFunctionRecord(bytes: Uint8Array, format: PclntabFormat): FunctionRecord | undefined {
  const nameAt = nameFieldAt(format)
  const kindAt = nameAt + (format === 20 ? 36 : 32)
  const pcDataAt = kindAt + 4
  if (bytes.length < pcDataAt) return undefined
  const view = viewOf(bytes)
  const pcDataCount = view.getUint32(nameAt + 24, true)
  const pcDataEnd = pcDataAt + pcDataCount * 4
  return {
    nameOffset: view.getUint32(nameAt, true),
    pcFile: view.getUint32(nameAt + 16, true),
    pcLine: view.getUint32(nameAt + 20, true),
    pcDataCount,
    unitOffset: view.getUint32(nameAt + 28, true),
    startLine: format === 20 ? view.getUint32(nameAt + 32, true) : 0,
    funcId: view.getUint8(kindAt),
    funcDataCount: view.getUint8(kindAt + 3),
    pcDataAt,
    // Before 1.18 they are pointers, and aligned as such.
    funcDataAt: format === 16 ? Math.ceil(pcDataEnd / 8) * 8 : pcDataEnd,
  }
}
