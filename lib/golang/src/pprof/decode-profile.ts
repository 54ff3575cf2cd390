import { GolangError } from '../error.ts'
import { WireReader } from '../protobuf/wire-reader.ts'
import { ProfileField } from './field-number.ts'
import { IdTable } from './id-table.ts'
import { inflateProfile } from './inflate.ts'
import type { PprofFunction, PprofLocation, PprofMapping, PprofProfile, PprofSample } from './profile.ts'
import { ProfileCounts, TEXT_BYTES_MAX } from './profile-limits.ts'
import { readHeader } from './read-header.ts'
import { readFunction, readLocation } from './read-location.ts'
import { readMapping } from './read-mapping.ts'
import { readSample } from './read-sample.ts'
import type { TextOf } from './text-of.ts'

/**
 * Reads a profile in pprof's format, compressed or not, and takes what Go's own reader takes. Of a text that is not
 * UTF-8 the wrong bytes become U+FFFD. The older formats, which are no protobuf, are not read.
 *
 * @throws {GolangError} `pprof` where the bytes are no such profile, `limit` above 64 MiB, a million samples,
 *   locations or functions, 65,536 mappings, or 16 million calls over all samples
 */
export function decodeProfile(bytes: Uint8Array): PprofProfile {
  const inflated = inflateProfile(bytes)
  if (inflated.length === 0) throw new GolangError('pprof', 'the profile is empty')
  const counts = new ProfileCounts()
  const texts = readTexts(inflated, counts)
  const textOf: TextOf = (number) => {
    const text = texts[number]
    if (text === undefined)
      throw new GolangError('pprof', `there is no string ${number}: there are ${texts.length}`)
    return text
  }
  const mappings = new IdTable<PprofMapping>('mapping')
  const functions = new IdTable<PprofFunction>('function')
  const locations = new IdTable<PprofLocation>('location')
  // What is referred to may stand behind what refers to it.
  eachMessage(inflated, ProfileField.mapping, (reader) => {
    counts.add('mappings')
    mappings.add(...readMapping(reader, textOf))
  })
  eachMessage(inflated, ProfileField.function, (reader) => {
    counts.add('functions')
    functions.add(...readFunction(reader, textOf))
  })
  eachMessage(inflated, ProfileField.location, (reader) => {
    counts.add('locations')
    locations.add(...readLocation(reader, { mappings, functions, counts }))
  })
  const samples: PprofSample[] = []
  eachMessage(inflated, ProfileField.sample, (reader) => {
    counts.add('samples')
    samples.push(readSample(reader, { locations, textOf, counts }))
  })
  const header = readHeader(inflated, textOf, counts)
  const wrong = samples.find(({ values }) => values.length !== header.sampleTypes.length)
  if (wrong)
    throw new GolangError(
      'pprof',
      `a sample has ${wrong.values.length} values of ${header.sampleTypes.length}`,
    )
  return {
    ...header,
    samples,
    mappings: mappings.entries,
    functions: functions.entries,
    locations: locations.entries,
  }
}

function eachMessage(bytes: Uint8Array, field: number, read: (message: WireReader) => void): void {
  const reader = new WireReader(bytes)
  while (reader.next())
    if (reader.field === field) read(reader.message())
    else reader.skip()
}

function readTexts(bytes: Uint8Array, counts: ProfileCounts): string[] {
  const texts: string[] = []
  const reader = new WireReader(bytes)
  while (reader.next()) {
    counts.add('fields')
    if (reader.field === ProfileField.string) {
      counts.add('strings')
      texts.push(reader.text(TEXT_BYTES_MAX))
    } else reader.skip()
  }
  if (texts[0] !== '') throw new GolangError('pprof', 'its first string is not the empty one')
  return texts
}
