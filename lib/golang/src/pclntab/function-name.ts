import { stringAt, STRING_BYTES_MAX } from '../string-at.ts'
import { recordOffset } from './function-offsets.ts'
import { FUNCTION_RECORD_BYTES, readFunctionRecord, type FunctionRecord } from './function-record.ts'
import {
  functionEntry,
  functionIndexAt,
  tableBytes,
  type FunctionTable,
  type GoFunction,
} from './function-table.ts'

/** Names and files that are kept decoded: a profile has a thousand. Long ones are few, and not kept. */
const STRING_COUNT_MAX = 2048
const KEPT_LENGTH_MAX = 1024

/** Most names have fewer bytes; the few longer ones are read again. */
const STRING_BYTES = 128

/** A function by its index. Its name is empty where the table is broken. */
export function goFunction(table: FunctionTable, index: number): GoFunction {
  const record = functionRecord(table, index)
  return {
    index,
    name: record === undefined ? '' : nameAt(table, record.nameOffset),
    entry: functionEntry(table, index),
    end: functionEntry(table, index + 1),
  }
}

/** The function that has an address. */
export function functionAt(table: FunctionTable, pc: number): GoFunction | undefined {
  const index = functionIndexAt(table, pc)
  return index === -1 ? undefined : goFunction(table, index)
}

export function functionRecord(table: FunctionTable, index: number): FunctionRecord | undefined {
  const { functionOffset, format } = table.header
  return readFunctionRecord(
    tableBytes(table, functionOffset + recordOffset(table.offsets, index), FUNCTION_RECORD_BYTES),
    format,
  )
}

export function nameAt(table: FunctionTable, nameOffset: number): string {
  return stringOf(table, table.header.nameOffset + nameOffset)
}

/** The string at an offset from the table's start, decoded once. */
export function stringOf(table: FunctionTable, offset: number): string {
  const known = table.strings.get(offset)
  if (known !== undefined) return known
  const text =
    stringAt(tableBytes(table, offset, STRING_BYTES), 0) ??
    stringAt(tableBytes(table, offset, STRING_BYTES_MAX), 0) ??
    ''
  if (text.length > KEPT_LENGTH_MAX) return text
  if (table.strings.size >= STRING_COUNT_MAX) table.strings.clear()
  table.strings.set(offset, text)
  return text
}
