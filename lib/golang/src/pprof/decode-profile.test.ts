// Foreign bytes: whatever they are, a profile or a GolangError.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { GolangError, type GolangErrorCode } from '../error.ts'
import { WireWriter } from '../protobuf/wire-writer.ts'
import { GoPrograms, NEEDS_GO } from '../testing/go-programs.ts'
import { buildPprofTruth, pprofTruths } from '../testing/pprof-truth.ts'
import { comparableRaw, rawProfile } from '../testing/raw-profile.ts'
import { decodeProfile } from './decode-profile.ts'
import { encodeProfile } from './encode-profile.ts'
import { LabelField, LocationField, ProfileField, SampleField } from './field-number.ts'
import type { PprofProfile } from './profile.ts'
import { PROFILE_BYTES_MAX } from './profile-limits.ts'

const programs = new GoPrograms()
let truth = ''
before(() => {
  if (NEEDS_GO.skip === false) truth = buildPprofTruth(programs)
})

const SMALL: PprofProfile = {
  sampleTypes: [{ type: 'samples', unit: 'count' }],
  samples: [
    { locations: [0, 1, 1], values: [3], labels: [{ key: 'bytes', number: 300, unit: 'bytes' }] },
    { locations: [1], values: [-1], labels: [{ key: 'kind', text: 'gc' }] },
  ],
  mappings: [
    {
      start: 1n,
      limit: 1n << 63n,
      offset: 0n,
      file: 'cart',
      buildId: 'id',
      hasFunctions: true,
      hasFilenames: true,
      hasLineNumbers: true,
      hasInlineFrames: false,
    },
  ],
  locations: [
    {
      mapping: 0,
      address: 0xffff_ffff_ffff_ffffn,
      lines: [{ function: 0, line: 1, column: 2 }],
      isFolded: true,
    },
    { mapping: undefined, address: 5n, lines: [{ function: 1, line: 700, column: 0 }], isFolded: false },
  ],
  functions: [
    { name: 'main.one', systemName: 'main.one', file: 'one.go', startLine: 4 },
    { name: 'main.two', systemName: 'main.two', file: 'two.go', startLine: 600 },
  ],
  dropFrames: '',
  keepFrames: '',
  timeNs: 1_769_817_600_123_456_789n,
  durationNs: 300,
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  period: 10,
  comments: ['made'],
  defaultSampleType: 'samples',
  docUrl: '',
}
const PLAIN = new Uint8Array(gunzipSync(encodeProfile(SMALL)))

/** The profile, or the code of what it was refused with; anything else thrown is a fault of ours. */
function decoded(bytes: Uint8Array): PprofProfile | GolangErrorCode {
  try {
    return decodeProfile(bytes)
  } catch (error) {
    if (!(error instanceof GolangError)) throw error
    assert.notEqual(error.message, '')
    return error.code
  }
}

function written(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter(PROFILE_BYTES_MAX)
  write(writer)
  return writer.finish()
}

/** Bytes that differ from a sound profile by a few. */
const mutated: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.record({
      at: fc.nat(PLAIN.length - 1),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff)),
      how: fc.constantFrom('set', 'set', 'set', 'set', 'insert', 'remove', 'end'),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((changes) => {
    let bytes = [...PLAIN]
    for (const { at, byte, how } of changes)
      if (how === 'set') bytes[at] = byte
      else if (how === 'insert') bytes.splice(at, 0, byte)
      else if (how === 'remove') bytes.splice(at, 1)
      else bytes = bytes.slice(0, Math.max(at, 1))
    return Uint8Array.from(bytes, (byte) => byte ?? 0)
  })

test('hostile bytes are what they are to `go tool pprof`: refused, or the same profile', NEEDS_GO, () => {
  const cases = [
    ...Array.from(PLAIN, (_, end) => PLAIN.slice(0, end)).slice(1),
    ...fc.sample(mutated, { seed: 3, numRuns: 3000 }),
    ...fc.sample(fc.uint8Array({ minLength: 1, maxLength: 40 }), { seed: 4, numRuns: 500 }),
  ].filter((bytes) => bytes[0] !== 0x1f)
  let accepted = 0
  for (const [i, { error, text, utf8, timeNs }] of pprofTruths(truth, cases).entries()) {
    const ours = decoded(cases[i]!)
    const place = Buffer.from(cases[i]!).toString('hex')
    assert.equal(typeof ours === 'string' ? ours : '', error === '' ? '' : 'pprof', `${error} ${place}`)
    if (typeof ours === 'string') continue
    accepted++
    assert.equal(String(ours.timeNs), timeNs, place)
    // What our ids were is not kept, and a large number is not exact: then the texts differ.
    if (utf8 && isExact(ours) && hasPlainIds(text)) assert.equal(rawProfile(ours), comparableRaw(text), place)
  }
  assert.ok(accepted > 200, `${accepted} of ${cases.length} accepted`)
})

function isExact(profile: PprofProfile): boolean {
  const numbers = [
    profile.period,
    profile.durationNs,
    ...profile.samples.flatMap(({ values }) => values),
    ...profile.samples.flatMap(({ labels }) => labels.map((label) => ('number' in label ? label.number : 0))),
    ...profile.functions.map(({ startLine }) => startLine),
    ...profile.locations.flatMap(({ lines }) => lines.flatMap(({ line, column }) => [line, column])),
  ]
  return numbers.every((number) => Number.isSafeInteger(number))
}

/** Whether locations and mappings are numbered 1, 2, … as we number them. */
function hasPlainIds(text: string): boolean {
  const [locations, mappings] = text.split('Locations\n')[1]!.split('Mappings\n')
  const inOrder = (lines: string) =>
    [...lines.matchAll(/^ *(\d+): 0x/gm)].every(([, id], index) => Number(id) === index + 1)
  return inOrder(locations!) && inOrder(mappings!)
}

test('any bytes, compressed or not, are a profile or a GolangError', () => {
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), fc.boolean(), (bytes, compressed) => {
      decoded(compressed ? gzipSync(bytes, { level: 1 }) : bytes)
    }),
    { seed: 5, numRuns: 2000 },
  )
  const file = encodeProfile(SMALL)
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
      decoded(file.with(at, byte))
      decoded(file.slice(0, at))
    }),
    { seed: 6, numRuns: 500 },
  )
})

test('what is wrong is said with its place', () => {
  const check = (bytes: Uint8Array, code: GolangErrorCode, message: RegExp) =>
    assert.throws(
      () => decodeProfile(bytes),
      (error) => error instanceof GolangError && error.code === code && message.test(error.message),
    )
  check(new Uint8Array(0), 'pprof', /empty/)
  check(Uint8Array.of(0x1f, 0x8b, 1), 'pprof', /decompressed/)
  check(PLAIN.slice(0, -1), 'pprof', /^at byte \d+: \d+ bytes wanted, \d+ left$/)
  check(Uint8Array.of(0x0b), 'pprof', /^at byte 1: unknown wire type 3$/)
  check(Uint8Array.of(0x10, ...Array.from({ length: 11 }, () => 0xff)), 'pprof', /more than 10 bytes/)
  check(
    written((writer) => writer.text(ProfileField.string, 'x')),
    'pprof',
    /first string/,
  )
  check(Uint8Array.of(...PLAIN, ...PLAIN), 'pprof', /two mappings have id 1/)
})

test('an empty string table, two times and a label without a value are as Go has them', () => {
  const base = (writer: WireWriter) => writer.text(ProfileField.string, '')
  const times = written((writer) => {
    base(writer)
    writer.int(ProfileField.timeNanos, 5)
    writer.int(ProfileField.timeNanos, 6)
  })
  assert.equal(decoded(times), 'pprof')
  const profile = decoded(
    written((writer) => {
      base(writer)
      writer.message(ProfileField.sampleType, () => {})
      writer.message(ProfileField.sample, () => {
        writer.packed(SampleField.value, [1])
        writer.message(SampleField.label, () => writer.int(LabelField.key, 0))
      })
    }),
  )
  assert.ok(typeof profile !== 'string')
  assert.deepEqual(profile.samples, [{ locations: [], values: [1], labels: [] }])
})

test('ids above 2^53 are told apart', () => {
  const large = 2n ** 63n
  const profile = decoded(
    written((writer) => {
      writer.text(ProfileField.string, '')
      writer.message(ProfileField.sampleType, () => {})
      for (const id of [large + 1n, large])
        writer.message(ProfileField.location, () => {
          writer.int(LocationField.id, id)
          writer.int(LocationField.address, id)
        })
      writer.message(ProfileField.sample, () => {
        writer.packed(SampleField.location, [large, large + 1n])
        writer.packed(SampleField.value, [1])
      })
    }),
  )
  assert.ok(typeof profile !== 'string')
  assert.deepEqual(profile.samples[0]!.locations, [1, 0])
})

test('limits: a compressed bomb, too many of something, a text too long', () => {
  const bomb = gzipSync(new Uint8Array(PROFILE_BYTES_MAX + 1), { level: 1 })
  assert.ok(bomb.length < PROFILE_BYTES_MAX / 100)
  assert.equal(decoded(bomb), 'limit')
  // Within the limit, and nothing but fields of number 0.
  assert.equal(decoded(gzipSync(new Uint8Array(PROFILE_BYTES_MAX), { level: 1 })), 'limit')
  const many = (field: number, count: number) =>
    written((writer) => {
      writer.text(ProfileField.string, '')
      for (let i = 0; i < count; i++) writer.message(field, () => {})
    })
  assert.equal(decoded(many(ProfileField.sampleType, 65)), 'limit')
  assert.equal(decoded(many(ProfileField.sample, (1 << 20) + 1)), 'limit')
  assert.equal(decoded(many(ProfileField.string, (1 << 21) + 1)), 'limit')
  const long = written((writer) => {
    writer.text(ProfileField.string, '')
    writer.text(ProfileField.string, 'x'.repeat((1 << 20) + 1))
  })
  assert.equal(decoded(long), 'limit')
})

test('what is no sound profile is not written', () => {
  const check = (change: Partial<PprofProfile>, message: RegExp) =>
    assert.throws(
      () => encodeProfile({ ...SMALL, ...change }),
      (error) => error instanceof GolangError && error.code === 'pprof' && message.test(error.message),
    )
  check({ samples: [{ locations: [2], values: [1], labels: [] }] }, /no location 2: there are 2/)
  check({ samples: [{ locations: [], values: [], labels: [] }] }, /0 values of 1/)
  check({ functions: [] }, /no function 0/)
  check({ mappings: [] }, /no mapping 0/)
  check({ period: 1.5 }, /no whole number/)
  check({ timeNs: 1n << 64n }, /64 bits/)
})
