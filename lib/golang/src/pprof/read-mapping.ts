import type { WireReader } from '../protobuf/wire-reader.ts'
import { MappingField } from './field-number.ts'
import type { Id } from './id-table.ts'
import type { PprofMapping } from './profile.ts'
import type { TextOf } from './text-of.ts'

export function readMapping(reader: WireReader, textOf: TextOf): [Id, PprofMapping] {
  let id: Id = 0
  let file = 0
  let buildId = 0
  const mapping: { -readonly [Key in keyof PprofMapping]: PprofMapping[Key] } = {
    start: 0n,
    limit: 0n,
    offset: 0n,
    file: '',
    buildId: '',
    hasFunctions: false,
    hasFilenames: false,
    hasLineNumbers: false,
    hasInlineFrames: false,
  }
  while (reader.next())
    switch (reader.field) {
      case MappingField.id:
        id = reader.id()
        break
      case MappingField.start:
        mapping.start = reader.big()
        break
      case MappingField.limit:
        mapping.limit = reader.big()
        break
      case MappingField.offset:
        mapping.offset = reader.big()
        break
      case MappingField.file:
        file = reader.int()
        break
      case MappingField.buildId:
        buildId = reader.int()
        break
      case MappingField.hasFunctions:
        mapping.hasFunctions = reader.bool()
        break
      case MappingField.hasFilenames:
        mapping.hasFilenames = reader.bool()
        break
      case MappingField.hasLineNumbers:
        mapping.hasLineNumbers = reader.bool()
        break
      case MappingField.hasInlineFrames:
        mapping.hasInlineFrames = reader.bool()
        break
      default:
        reader.skip()
    }
  mapping.file = textOf(file)
  mapping.buildId = textOf(buildId)
  return [id, mapping]
}
