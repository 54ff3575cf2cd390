import { GolangError } from '../error.ts'
import { WireReader } from '../protobuf/wire-reader.ts'
import { ProfileField, ValueTypeField } from './field-number.ts'
import type { PprofProfile, PprofValueType } from './profile.ts'
import type { ProfileCounts } from './profile-limits.ts'
import type { TextOf } from './text-of.ts'

/** What is told of a profile as a whole. */
type ProfileHeader = Omit<PprofProfile, 'samples' | 'mappings' | 'functions' | 'locations'>

export function readHeader(bytes: Uint8Array, textOf: TextOf, counts: ProfileCounts): ProfileHeader {
  const sampleTypes: PprofValueType[] = []
  const comments: string[] = []
  let periodType: PprofValueType = { type: '', unit: '' }
  let timeNs = 0n
  let durationNs = 0
  let period = 0
  const numbers = { dropFrames: 0, keepFrames: 0, defaultSampleType: 0, docUrl: 0 }
  const reader = new WireReader(bytes)
  while (reader.next())
    switch (reader.field) {
      case ProfileField.sampleType:
        counts.add('sample types')
        sampleTypes.push(readValueType(reader.message(), textOf))
        break
      case ProfileField.dropFrames:
        numbers.dropFrames = reader.int()
        break
      case ProfileField.keepFrames:
        numbers.keepFrames = reader.int()
        break
      case ProfileField.timeNanos:
        if (timeNs !== 0n) throw new GolangError('pprof', 'there are two profiles one behind the other')
        timeNs = BigInt.asIntN(64, reader.big())
        break
      case ProfileField.durationNanos:
        durationNs = reader.int()
        break
      case ProfileField.periodType:
        periodType = readValueType(reader.message(), textOf)
        break
      case ProfileField.period:
        period = reader.int()
        break
      case ProfileField.comment:
        reader.each(() => {
          counts.add('comments')
          comments.push(textOf(reader.int()))
        })
        break
      case ProfileField.defaultSampleType:
        numbers.defaultSampleType = reader.int()
        break
      case ProfileField.docUrl:
        numbers.docUrl = reader.int()
        break
      default:
        reader.skip()
    }
  return {
    sampleTypes,
    comments,
    periodType,
    timeNs,
    durationNs,
    period,
    dropFrames: textOf(numbers.dropFrames),
    keepFrames: textOf(numbers.keepFrames),
    defaultSampleType: textOf(numbers.defaultSampleType),
    docUrl: textOf(numbers.docUrl),
  }
}

function readValueType(reader: WireReader, textOf: TextOf): PprofValueType {
  let type = 0
  let unit = 0
  while (reader.next())
    if (reader.field === ValueTypeField.type) type = reader.int()
    else if (reader.field === ValueTypeField.unit) unit = reader.int()
    else reader.skip()
  return { type: textOf(type), unit: textOf(unit) }
}
