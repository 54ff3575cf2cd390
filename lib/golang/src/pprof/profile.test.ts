// Profiles against Go's own tools: what they write we read, what we write they read.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { GoPrograms, NEEDS_GO } from '../testing/go-programs.ts'
import { buildPprofTruth, pprofTruths } from '../testing/pprof-truth.ts'
import { comparableRaw, rawProfile } from '../testing/raw-profile.ts'
import { decodeProfile } from './decode-profile.ts'
import { encodeProfile } from './encode-profile.ts'
import type { PprofProfile } from './profile.ts'

const programs = new GoPrograms()
let truth = ''
before(() => {
  if (NEEDS_GO.skip === false) truth = buildPprofTruth(programs)
})

function pprof(...args: string[]): string {
  return execFileSync('go', ['tool', 'pprof', ...args], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', PPROF_TMPDIR: programs.folder('pprof-tmp') },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

function checkAgainstGo(profiles: readonly PprofProfile[], files: readonly Uint8Array[]): void {
  for (const [i, { text, timeNs, durationNs, error }] of pprofTruths(truth, files).entries()) {
    const profile = profiles[i]!
    assert.equal(error, '')
    assert.equal(rawProfile(profile), comparableRaw(text))
    assert.equal(profile.timeNs, BigInt(timeNs))
    assert.equal(profile.durationNs, Number(durationNs))
  }
}

test("a Go program's CPU and heap profiles read as `go tool pprof -raw` prints them", NEEDS_GO, () => {
  const folder = programs.folder('recorded')
  execFileSync(truth, ['record', folder])
  for (const name of ['cpu', 'heap']) {
    const file = join(folder, `${name}.pb.gz`)
    const bytes = readFileSync(file)
    const profile = decodeProfile(bytes)
    assert.equal(rawProfile(profile), comparableRaw(pprof('-raw', file)), name)
    checkAgainstGo([profile], [bytes])
    const names = profile.functions.map((one) => one.name)
    assert.ok(names.includes(name === 'cpu' ? 'main.hot' : 'main.record'), names.join(' '))
    // And the other way around: nothing is lost on the way through ours.
    const again = encodeProfile(profile)
    assert.deepEqual(decodeProfile(again), profile)
    checkAgainstGo([profile], [again])
  }
})

/** A profile with something in every field. */
const FULL: PprofProfile = {
  sampleTypes: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  samples: [
    { locations: [0, 2], values: [9, 90_000_000], labels: [{ key: 'kind', text: 'program' }] },
    {
      locations: [1, 0, 2],
      values: [1, Number.MAX_SAFE_INTEGER],
      labels: [
        { key: 'bytes', number: 4096, unit: 'bytes' },
        { key: 'bytes', number: -1, unit: '' },
        { key: 'kind', text: 'gc' },
        { key: 'kind', text: 'runtime' },
        { key: 'n', number: 7, unit: '' },
      ],
    },
    { locations: [], values: [-3, 0], labels: [] },
  ],
  mappings: [
    {
      start: 0x400000n,
      limit: 0x500000n,
      offset: 0n,
      file: '/usr/bin/cart',
      buildId: 'abc',
      hasFunctions: true,
      hasFilenames: true,
      hasLineNumbers: true,
      hasInlineFrames: true,
    },
    {
      start: 0xffff_ffff_8100_0000n,
      limit: 0xffff_ffff_ffff_ffffn,
      offset: 1n << 63n,
      file: '[kernel]',
      buildId: '',
      hasFunctions: true,
      hasFilenames: false,
      hasLineNumbers: false,
      hasInlineFrames: false,
    },
  ],
  locations: [
    {
      mapping: 0,
      address: 0x401000n,
      lines: [
        { function: 0, line: 12, column: 3 },
        { function: 1, line: 40, column: 0 },
      ],
      isFolded: false,
    },
    {
      mapping: 1,
      address: 0xffff_ffff_8123_4567n,
      lines: [{ function: 2, line: 0, column: 0 }],
      isFolded: true,
    },
    { mapping: undefined, address: 0n, lines: [], isFolded: false },
  ],
  functions: [
    { name: 'main.inner[…]', systemName: 'main.inner[go.shape.int]', file: 'a.go', startLine: 10 },
    { name: 'main.hot', systemName: 'main.hot', file: 'a.go', startLine: 30 },
    { name: 'do_syscall_64', systemName: 'do_syscall_64', file: '', startLine: 0 },
  ],
  dropFrames: 'runtime\\..*',
  keepFrames: 'runtime\\.gc',
  timeNs: 1_769_817_600_123_456_789n,
  durationNs: 10_000_000_000,
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  period: 10_101_010,
  comments: ['one', '', 'three'],
  defaultSampleType: 'cpu',
  docUrl: 'https://example.com/profiles',
}

const EMPTY: PprofProfile = {
  ...FULL,
  sampleTypes: [],
  samples: [],
  mappings: [],
  locations: [],
  functions: [],
  comments: [],
}

test('`go tool pprof` reads what we write, field by field', NEEDS_GO, () => {
  const profiles = [FULL, EMPTY]
  const files = profiles.map(encodeProfile)
  checkAgainstGo(profiles, files)
  assert.deepEqual(files.map(decodeProfile), profiles)
  const file = join(programs.folder('written'), 'full.pb.gz')
  writeFileSync(file, files[0]!)
  assert.equal(comparableRaw(pprof('-raw', file)), rawProfile(FULL))
})

test('`go tool pprof -top` and -traces show the functions and counts that were written', NEEDS_GO, () => {
  const file = join(programs.folder('written'), 'top.pb.gz')
  const samples = [
    { locations: [0], values: [90, 900_000_000], labels: [] },
    { locations: [1, 0], values: [10, 100_000_000], labels: [{ key: 'kind', text: 'gc' }] },
  ]
  writeFileSync(file, encodeProfile({ ...FULL, samples, dropFrames: '', keepFrames: '' }))
  const rows = pprof('-top', '-sample_index=samples', file)
    .split('\n')
    .filter((line) => /^ +\d/.test(line))
    .map((line) => line.trim().split(/ +/))
  assert.deepEqual(
    rows.map(([flat, , , cumulative, , ...name]) => [flat, cumulative, name.join(' ')]),
    [
      ['90', '100', 'main.inner[…] (inline)'],
      ['10', '10', 'do_syscall_64'],
      ['0', '100', 'main.hot'],
    ],
  )
  assert.match(
    pprof('-traces', '-tagfocus=kind=gc', '-sample_index=cpu', file),
    /100ms +do_syscall_64\n +main\.inner/,
  )
})

const text = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', '/', 'é', '😀', ' ', '"') })
const count = fc.maxSafeInteger()
const address = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })

/** Any sound profile. */
const anyProfile: fc.Arbitrary<PprofProfile> = fc
  .record({
    types: fc.integer({ min: 1, max: 3 }),
    functions: fc.array(fc.record({ name: text, systemName: text, file: text, startLine: fc.nat() }), {
      minLength: 1,
      maxLength: 4,
    }),
    mappings: fc.array(
      fc.record({
        start: address,
        limit: address,
        offset: address,
        file: text,
        buildId: text,
        hasFunctions: fc.boolean(),
        hasFilenames: fc.boolean(),
        hasLineNumbers: fc.boolean(),
        hasInlineFrames: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
  })
  .chain(({ types, functions, mappings }) => {
    const line = fc.record({ function: fc.nat(functions.length - 1), line: count, column: fc.nat() })
    const location = fc.record({
      mapping:
        mappings.length === 0
          ? fc.constant(undefined)
          : fc.option(fc.nat(mappings.length - 1), { nil: undefined }),
      address,
      lines: fc.array(line, { maxLength: 3 }),
      isFolded: fc.boolean(),
    })
    const valueType = fc.record({ type: text, unit: text })
    const label = fc.oneof(
      fc.record({ key: text, text: text.filter((one) => one !== '') }),
      fc.record({ key: text, number: count.filter((one) => one !== 0), unit: text }),
    )
    return fc.array(location, { minLength: 1, maxLength: 5 }).chain((locations) =>
      fc.record({
        sampleTypes: fc.array(valueType, { minLength: types, maxLength: types }),
        samples: fc.array(
          fc.record({
            locations: fc.array(fc.nat(locations.length - 1), { maxLength: 6 }),
            values: fc.array(count, { minLength: types, maxLength: types }),
            labels: fc.array(label, { maxLength: 3 }),
          }),
          { maxLength: 5 },
        ),
        mappings: fc.constant(mappings),
        locations: fc.constant(locations),
        functions: fc.constant(functions),
        dropFrames: text,
        keepFrames: text,
        timeNs: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
        durationNs: count,
        periodType: valueType,
        period: count,
        comments: fc.array(text, { maxLength: 3 }),
        defaultSampleType: text,
        docUrl: text,
      }),
    )
  })

test('any sound profile comes back as it was', () => {
  fc.assert(
    fc.property(anyProfile, (profile) => {
      // A clone: fast-check also makes objects without a prototype.
      assert.deepEqual(decodeProfile(encodeProfile(profile)), structuredClone(profile))
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('any sound profile is to Go what it is to us', NEEDS_GO, () => {
  const profiles = fc.sample(anyProfile, { seed: 2, numRuns: 200 })
  const files = profiles.map(encodeProfile)
  for (const [i, { text, timeNs, error }] of pprofTruths(truth, files).entries()) {
    const profile = profiles[i]!
    assert.equal(error, '')
    assert.equal(timeNs, String(profile.timeNs))
    assert.equal(rawProfile(profile), comparableRaw(text))
  }
})
