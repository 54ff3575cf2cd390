import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { readBuildInfo } from './build-info/read-build-info.ts'
import { bytesSource, type ByteSource } from './byte-source.ts'
import { fileOffsetOf, openElf, sectionNamed, type ElfImage } from './elf/elf-image.ts'
import { findElfSymbols, readElfFunctions } from './elf/symbol.ts'
import { GolangError } from './error.ts'
import { openGoBinary, type GoBinary } from './go-binary.ts'
import { findFunctions } from './pclntab/find-functions.ts'
import { framesAt } from './pclntab/frames.ts'
import { goFunction } from './pclntab/function-name.ts'
import { functionEntry } from './pclntab/function-table.ts'
import { runtimeLayout } from './runtime/layout.ts'
import { findRuntimeVariables } from './runtime/variables.ts'
import { GoPrograms, TEST_TOOLCHAINS, whyNot, type Variant } from './testing/go-programs.ts'
import { viewOf } from './word.ts'

const programs = new GoPrograms()

const KINDS: readonly Variant[] = [
  { name: 'plain' },
  { name: 'small', args: ['-ldflags=-s -w'] },
  { name: 'small pie', args: ['-buildmode=pie', '-ldflags=-s -w'] },
]

/** The tables that are read, as places in the file: where bytes matter. */
interface Region {
  readonly offset: number
  readonly size: number
}

function regionsOf({ image, functions, moduleData }: GoBinary, fileBytes: number): readonly Region[] {
  const sections = image.sections
    .filter(({ type }) => type !== 8)
    .map(({ offset, size }) => ({ offset, size }))
  const headers = image.sections.length * 64
  const moduleOffset = fileOffsetOf(image, moduleData.address)
  const buildInfo = sectionNamed(image, '.go.buildinfo')
  return [
    { offset: 0, size: 64 },
    { offset: 64, size: image.segments.length * 56 },
    { offset: viewOf(image.source.read(40, 8)).getUint32(0, true), size: headers },
    { offset: functions.fileOffset, size: 72 },
    { offset: functions.fileOffset, size: 72 },
    { offset: functions.fileOffset + functions.header.functionOffset, size: 4096 },
    ...(moduleOffset === undefined ? [] : [{ offset: moduleOffset, size: 512 }]),
    ...(buildInfo === undefined ? [] : [{ offset: buildInfo.offset, size: 256 }]),
    ...sections,
    { offset: 0, size: fileBytes },
  ].filter(({ offset, size }) => size >= 8 && offset + size <= fileBytes)
}

/** Numbers that tables are tempted to believe. */
const WORDS = [
  0n,
  1n,
  8n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x1_0000_0000n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
]

/** Where a change is made: in which region, and how far into it, 0 to 1. */
const place = fc.record({ region: fc.nat(99), at: fc.double({ min: 0, max: 0.999_999, noNaN: true }) })

const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('word' as const), place, value: fc.constantFrom(...WORDS) }),
  fc.record({ kind: fc.constant('noise' as const), place, value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  fc.record({ kind: fc.constant('copy' as const), place, from: place }),
  fc.record({ kind: fc.constant('cut' as const), place }),
)

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(original: Uint8Array, regions: readonly Region[], changes: readonly Change[]): Uint8Array {
  let bytes = original.slice()
  const offsetOf = ({ region, at }: { region: number; at: number }) => {
    const { offset, size } = regions[region % regions.length]!
    // Tables are of words.
    return Math.min(offset + Math.floor((at * size) / 8) * 8, original.length - 8)
  }
  for (const one of changes) {
    const offset = offsetOf(one.place)
    if (offset + 8 > bytes.length) continue
    if (one.kind === 'flip') bytes[offset + one.bit] = bytes[offset + one.bit]! ^ (1 << one.bit)
    else if (one.kind === 'copy') bytes.copyWithin(offset, offsetOf(one.from), offsetOf(one.from) + 64)
    else if (one.kind === 'cut') bytes = bytes.slice(0, offset)
    else viewOf(bytes).setBigUint64(offset, one.value, true)
  }
  return bytes
}

/** Counts what is read. */
function counted(source: ByteSource) {
  const count = { bytes: 0 }
  return {
    count,
    source: {
      byteLength: source.byteLength,
      read(offset: number, length: number) {
        count.bytes += length
        return source.read(offset, length)
      },
    },
  }
}

/** Whether it works; it may also refuse. */
function works(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (error instanceof GolangError) return false
    throw error
  }
}

/** Does all that is done with a program. */
function exercise(bytes: Uint8Array): boolean {
  const { source, count } = counted(bytesSource(bytes))
  let binary: GoBinary | undefined
  works(() => {
    binary = openGoBinary(source)
  })
  // Twice what the limit is for: that of short reads is lower.
  assert.ok(count.bytes <= (16 << 20) + bytes.length * 8)
  if (binary === undefined) return false
  count.bytes = 0
  const { functions, image, buildInfo } = binary
  assert.ok(functions.offsets.byteLength <= bytes.length * 2)
  const all = functions.header.functionCount
  for (let index = 0; index < 40; index++) {
    const one = Math.floor((index * all) / 40)
    works(() => goFunction(functions, one))
    works(() => framesAt(functions, functionEntry(functions, one) + index))
  }
  works(() => findFunctions(functions, ['runtime.gcStart', 'main.main']))
  works(() => readElfFunctions(image))
  works(() => findElfSymbols(image, ['runtime.sched']))
  works(() => findRuntimeVariables(binary!, runtimeLayout(buildInfo?.goVersion ?? '', image.architecture)))
  assert.ok(count.bytes <= (64 << 20) + bytes.length * 16, `${count.bytes} bytes read`)
  return true
}

for (const toolchain of TEST_TOOLCHAINS)
  for (const kind of KINDS)
    test(
      `a broken program is read or refused, and nothing else: ${kind.name} by ${toolchain}`,
      { skip: whyNot(kind) },
      () => {
        const program = programs.build(kind, toolchain)
        const bytes = Uint8Array.from(readFileSync(program))
        const regions = regionsOf(programs.open(program), bytes.length)
        assert.ok(exercise(bytes))
        let openedCount = 0
        let count = 0
        fc.assert(
          fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
            count++
            if (exercise(changed(bytes, regions, changes))) openedCount++
          }),
          { seed: 6, numRuns: 60 },
        )
        // Neither is all that was made refused at the door, nor is all harmless.
        assert.ok(openedCount > 0 && openedCount < count)
      },
    )

test(
  'what sends a reader through the same bytes again and again is refused',
  { skip: whyNot(KINDS[2]!) },
  () => {
    const original = Uint8Array.from(readFileSync(programs.build(KINDS[2]!)))
    const headerless = (bytes: Uint8Array) => {
      // No section headers: everything must be looked for.
      viewOf(bytes).setBigUint64(40, 0n, true)
      viewOf(bytes).setUint16(60, 0, true)
    }
    // A header at each place that could have one, in a program whose relocations must be looked through for each.
    const full = original.slice()
    headerless(full)
    const { image, functions } = openGoBinary(bytesSource(original))
    const header = original.slice(functions.fileOffset, functions.fileOffset + 8)
    for (const { flags, offset, fileBytes, type } of image.segments)
      if (type === 1 && (flags & 1) === 0)
        for (let at = Math.max(Math.ceil(offset / 8) * 8, 4096); at + 8 <= offset + fileBytes; at += 8)
          if (!isInTables(image, at)) full.set(header, at)
    assert.throws(() => openGoBinary(bytesSource(full)), GolangError)

    // A thousand segments that are all of the file, and no table in any.
    const many = new Uint8Array(original.length)
    many.set(original.subarray(0, 64))
    headerless(many)
    const view = viewOf(many)
    view.setBigUint64(32, 64n, true)
    view.setUint16(56, 1024, true)
    for (let index = 0; index < 1024; index++) {
      const at = 64 + index * 56
      view.setUint32(at, 1, true)
      view.setUint32(at + 4, 6, true)
      view.setBigUint64(at + 16, 0x400000n, true)
      view.setBigUint64(at + 32, BigInt(original.length), true)
      view.setBigUint64(at + 40, BigInt(original.length), true)
    }
    const { source, count } = counted(bytesSource(many))
    assert.throws(() => openGoBinary(source), { code: 'limit' })
    assert.ok(count.bytes <= (16 << 20) + many.length * 8)
  },
)

function isInTables({ segments }: ElfImage, at: number): boolean {
  return segments.some(({ type, offset, fileBytes }) => type === 2 && at >= offset && at < offset + fileBytes)
}

/** An ELF header, and one segment of data from byte 128 on. */
function writeHeaders(bytes: Uint8Array, fileBytes: number): void {
  const view = viewOf(bytes)
  bytes.fill(0, 0, 128)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 2, true)
  view.setUint16(18, 62, true)
  view.setBigUint64(32, 64n, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, 1, true)
  view.setUint32(64, 1, true)
  view.setUint32(68, 6, true)
  view.setBigUint64(72, 128n, true)
  view.setBigUint64(80, 0x400000n, true)
  view.setBigUint64(96, BigInt(fileBytes), true)
  view.setBigUint64(104, BigInt(fileBytes), true)
}

test('a length that goes on for ever is not read to its end', () => {
  const bytes = new Uint8Array(64 << 10).fill(0x80)
  writeHeaders(bytes, bytes.length - 128)
  // The header of build information, with its strings behind it: here begins the length of the first.
  bytes.set(Buffer.from('\xff Go buildinf:\x08\x02', 'latin1'), 128)
  const { source, count } = counted(bytesSource(bytes))
  const { value, diagnostics } = readBuildInfo(openElf(source))
  assert.deepEqual([value, diagnostics[0]?.code], [undefined, 'GOBI011'])
  // Once to look for the header.
  assert.ok(count.bytes < bytes.length + 1024, `${count.bytes} bytes were read`)
})

test('of a file that is one large hole only so much is read', () => {
  const byteLength = 2 ** 40
  const start = new Uint8Array(128)
  writeHeaders(start, byteLength - 128)
  const hole = new Uint8Array(4 << 20)
  const { source, count } = counted({
    byteLength,
    read: (offset, length) =>
      offset < 128 ? start.subarray(offset, offset + length) : hole.subarray(0, length),
  })
  assert.throws(() => openGoBinary(source), { code: 'limit' })
  assert.ok(count.bytes <= 512 << 20, `${count.bytes} bytes were read`)
})
