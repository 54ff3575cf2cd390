import type { WireReader } from '../protobuf/wire-reader.ts'
import { LabelField, SampleField } from './field-number.ts'
import type { IdTable } from './id-table.ts'
import type { PprofLabel, PprofLocation, PprofSample } from './profile.ts'
import type { ProfileCounts } from './profile-limits.ts'
import type { TextOf } from './text-of.ts'

export interface SampleTables {
  readonly locations: IdTable<PprofLocation>
  readonly textOf: TextOf
  readonly counts: ProfileCounts
}

export function readSample(reader: WireReader, { locations, textOf, counts }: SampleTables): PprofSample {
  const stack: number[] = []
  const values: number[] = []
  const labels: PprofLabel[] = []
  while (reader.next())
    switch (reader.field) {
      case SampleField.location:
        reader.each(() => {
          counts.add('locations of samples')
          stack.push(locations.indexOf(reader.id()))
        })
        break
      case SampleField.value:
        reader.each(() => {
          counts.add('values of samples')
          values.push(reader.int())
        })
        break
      case SampleField.label: {
        counts.add('labels of samples')
        const label = readLabel(reader.message(), textOf)
        if (label) labels.push(label)
        break
      }
      default:
        reader.skip()
    }
  return { locations: stack, values, labels }
}

/** Undefined for one without a value. */
function readLabel(reader: WireReader, textOf: TextOf): PprofLabel | undefined {
  let key = 0
  let text = 0
  let number = 0
  let unit = 0
  while (reader.next())
    switch (reader.field) {
      case LabelField.key:
        key = reader.int()
        break
      case LabelField.text:
        text = reader.int()
        break
      case LabelField.number:
        number = reader.int()
        break
      case LabelField.unit:
        unit = reader.int()
        break
      default:
        reader.skip()
    }
  const name = textOf(key)
  if (text !== 0) return { key: name, text: textOf(text) }
  return number === 0 && unit === 0 ? undefined : { key: name, number, unit: textOf(unit) }
}
