import { gzipSync } from 'node:zlib'
import { GolangError } from '../error.ts'
import { WireWriter } from '../protobuf/wire-writer.ts'
import {
  FunctionField,
  LabelField,
  LineField,
  LocationField,
  MappingField,
  ProfileField,
  SampleField,
  ValueTypeField,
} from './field-number.ts'
import type { PprofLabel, PprofLocation, PprofProfile, PprofSample, PprofValueType } from './profile.ts'
import { PROFILE_BYTES_MAX } from './profile-limits.ts'
import { StringTable } from './string-table.ts'

/**
 * The profile as a compressed file, which `go tool pprof` opens. Equal profiles give equal bytes.
 *
 * @throws {GolangError} `pprof` where an index leads nowhere, a sample's values are not those of the sample types, or
 *   a number is not whole; `limit` above 64 MiB before it is compressed
 */
export function encodeProfile(profile: PprofProfile): Uint8Array {
  return gzipSync(writeProfile(profile))
}

function writeProfile(profile: PprofProfile): Uint8Array {
  const writer = new WireWriter(PROFILE_BYTES_MAX)
  const strings = new StringTable()
  const text = (field: number, value: string) => writer.int(field, strings.numberOf(value))
  const { mappings, locations, functions } = profile

  const writeValueType = (field: number, { type, unit }: PprofValueType) =>
    writer.message(field, () => {
      text(ValueTypeField.type, type)
      text(ValueTypeField.unit, unit)
    })
  const writeLabel = (label: PprofLabel) =>
    writer.message(SampleField.label, () => {
      text(LabelField.key, label.key)
      if ('text' in label) text(LabelField.text, label.text)
      else {
        writer.int(LabelField.number, label.number)
        text(LabelField.unit, label.unit)
      }
    })
  const writeSample = (sample: PprofSample) => {
    if (sample.values.length !== profile.sampleTypes.length)
      throw new GolangError(
        'pprof',
        `a sample has ${sample.values.length} values of ${profile.sampleTypes.length}`,
      )
    writer.message(ProfileField.sample, () => {
      writer.packed(
        SampleField.location,
        sample.locations.map((index) => idOf('location', index, locations)),
      )
      writer.packed(SampleField.value, sample.values)
      for (const label of sample.labels) writeLabel(label)
    })
  }
  const writeLocation = (location: PprofLocation, index: number) =>
    writer.message(ProfileField.location, () => {
      writer.int(LocationField.id, index + 1)
      if (location.mapping !== undefined)
        writer.int(LocationField.mapping, idOf('mapping', location.mapping, mappings))
      writer.int(LocationField.address, location.address)
      for (const line of location.lines)
        writer.message(LocationField.line, () => {
          writer.int(LineField.function, idOf('function', line.function, functions))
          writer.int(LineField.line, line.line)
          writer.int(LineField.column, line.column)
        })
      writer.bool(LocationField.isFolded, location.isFolded)
    })

  for (const type of profile.sampleTypes) writeValueType(ProfileField.sampleType, type)
  for (const sample of profile.samples) writeSample(sample)
  for (const [index, mapping] of mappings.entries())
    writer.message(ProfileField.mapping, () => {
      writer.int(MappingField.id, index + 1)
      writer.int(MappingField.start, mapping.start)
      writer.int(MappingField.limit, mapping.limit)
      writer.int(MappingField.offset, mapping.offset)
      text(MappingField.file, mapping.file)
      text(MappingField.buildId, mapping.buildId)
      writer.bool(MappingField.hasFunctions, mapping.hasFunctions)
      writer.bool(MappingField.hasFilenames, mapping.hasFilenames)
      writer.bool(MappingField.hasLineNumbers, mapping.hasLineNumbers)
      writer.bool(MappingField.hasInlineFrames, mapping.hasInlineFrames)
    })
  for (const [index, location] of locations.entries()) writeLocation(location, index)
  for (const [index, one] of functions.entries())
    writer.message(ProfileField.function, () => {
      writer.int(FunctionField.id, index + 1)
      text(FunctionField.name, one.name)
      text(FunctionField.systemName, one.systemName)
      text(FunctionField.file, one.file)
      writer.int(FunctionField.startLine, one.startLine)
    })
  text(ProfileField.dropFrames, profile.dropFrames)
  text(ProfileField.keepFrames, profile.keepFrames)
  writer.int(ProfileField.timeNanos, profile.timeNs)
  writer.int(ProfileField.durationNanos, profile.durationNs)
  writeValueType(ProfileField.periodType, profile.periodType)
  writer.int(ProfileField.period, profile.period)
  writer.packed(
    ProfileField.comment,
    profile.comments.map((comment) => strings.numberOf(comment)),
  )
  text(ProfileField.defaultSampleType, profile.defaultSampleType)
  text(ProfileField.docUrl, profile.docUrl)
  // Last: now all of them are known. Readers take the fields in any order.
  for (const one of strings.texts()) writer.text(ProfileField.string, one)
  return writer.finish()
}

/** Ids are indices from 1 on, since 0 is none. */
function idOf(what: string, index: number, all: readonly unknown[]): number {
  if (!Number.isInteger(index) || index < 0 || index >= all.length)
    throw new GolangError('pprof', `there is no ${what} ${index}: there are ${all.length}`)
  return index + 1
}
