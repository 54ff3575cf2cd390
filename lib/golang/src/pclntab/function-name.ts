import { stringAt, STRING_BYTES_MAX } from '../string-at.ts'
import { recordOffset } from './function-offsets.ts'
import { FUNCTION_RECORD_BYTES, readFunctionRecord, type FunctionRecord } from './function-record.ts'
import {
  functionEntry,
  functionIndexAt,
  pageBytes,
  tableBytes,
  type FunctionTable,
  type GoFunction,
} from './function-table.ts'

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
  // Few stand on two pages.
  const text =
    stringAt(pageBytes(table, offset), 0) ?? stringAt(tableBytes(table, offset, STRING_BYTES_MAX), 0) ?? ''
  table.strings.set(offset, text)
  return text
}
