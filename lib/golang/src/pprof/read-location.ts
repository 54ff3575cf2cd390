import type { WireReader } from '../protobuf/wire-reader.ts'
import { FunctionField, LineField, LocationField } from './field-number.ts'
import type { Id, IdTable } from './id-table.ts'
import type { PprofFunction, PprofLine, PprofLocation, PprofMapping } from './profile.ts'
import type { ProfileCounts } from './profile-limits.ts'
import type { TextOf } from './text-of.ts'

export function readFunction(reader: WireReader, textOf: TextOf): [Id, PprofFunction] {
  let id: Id = 0
  let name = 0
  let systemName = 0
  let file = 0
  let startLine = 0
  while (reader.next())
    switch (reader.field) {
      case FunctionField.id:
        id = reader.id()
        break
      case FunctionField.name:
        name = reader.int()
        break
      case FunctionField.systemName:
        systemName = reader.int()
        break
      case FunctionField.file:
        file = reader.int()
        break
      case FunctionField.startLine:
        startLine = reader.int()
        break
      default:
        reader.skip()
    }
  return [id, { name: textOf(name), systemName: textOf(systemName), file: textOf(file), startLine }]
}

export interface LocationTables {
  readonly mappings: IdTable<PprofMapping>
  readonly functions: IdTable<PprofFunction>
  readonly counts: ProfileCounts
}

export function readLocation(reader: WireReader, tables: LocationTables): [Id, PprofLocation] {
  let id: Id = 0
  let mapping: Id = 0
  let address = 0n
  let isFolded = false
  const lines: PprofLine[] = []
  while (reader.next())
    switch (reader.field) {
      case LocationField.id:
        id = reader.id()
        break
      case LocationField.mapping:
        mapping = reader.id()
        break
      case LocationField.address:
        address = reader.big()
        break
      case LocationField.line:
        tables.counts.add('lines of locations')
        lines.push(readLine(reader.message(), tables.functions))
        break
      case LocationField.isFolded:
        isFolded = reader.bool()
        break
      default:
        reader.skip()
    }
  // As Go's reader has it: a mapping that is not there is none.
  return [id, { mapping: tables.mappings.find(mapping), address, lines, isFolded }]
}

function readLine(reader: WireReader, functions: IdTable<PprofFunction>): PprofLine {
  let id: Id = 0
  let line = 0
  let column = 0
  while (reader.next())
    if (reader.field === LineField.function) id = reader.id()
    else if (reader.field === LineField.line) line = reader.int()
    else if (reader.field === LineField.column) column = reader.int()
    else reader.skip()
  return { function: functions.indexOf(id), line, column }
}
