import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { FrameKind } from '@quadrant/proto'
import { FileSymbols } from './file-symbols.ts'
import { PageCache } from './page-cache.ts'
import { HotPrograms, NEEDS_CLANG, NEEDS_GO } from './testing/hot-programs.ts'

const programs = new HotPrograms()
after(() => programs[Symbol.dispose]())

function open(path: string): FileSymbols {
  const options = { name: 'program', tableBytesMax: 1 << 20, pages: new PageCache(1 << 16) }
  return new FileSymbols(openSync(path, 'r'), options)
}

/** Where a function begins in the file, by readelf. */
function offsetOf(path: string, name: string): number {
  const symbols = execFileSync('readelf', ['-sW', path], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const address = Number.parseInt(new RegExp(`: ([0-9a-f]+) .* FUNC .* ${name}$`, 'm').exec(symbols)![1]!, 16)
  const segments = execFileSync('readelf', ['-lW', path], { encoding: 'utf8' })
  for (const [, offset, start, size] of segments.matchAll(
    /LOAD\s+(0x[0-9a-f]+) (0x[0-9a-f]+) 0x[0-9a-f]+ (0x[0-9a-f]+)/g,
  ))
    if (address >= Number(start) && address < Number(start) + Number(size))
      return address - Number(start) + Number(offset)
  throw new Error(`${name} is in no segment`)
}

test('a C program: functions where readelf has them, and what lies between is unknown', NEEDS_CLANG, () => {
  const program = programs.c('-O1', '-fno-omit-frame-pointer')
  using symbols = open(program)
  for (const name of ['hot', 'work', 'main', '_start']) {
    const { frames, isOutermost } = symbols.locationAt(offsetOf(program, name))
    assert.deepEqual(
      frames.map((frame) => [frame.function, frame.module, frame.kind]),
      [[name, 'program', FrameKind.NATIVE]],
    )
    assert.equal(isOutermost, name === '_start')
  }
  assert.equal(symbols.locationAt(0).frames[0]!.kind, FrameKind.UNKNOWN)
  assert.equal(symbols.locationAt(2 ** 40).frames[0]!.kind, FrameKind.UNKNOWN)
})

test('a Go program with C in it: both kinds of functions of one file', NEEDS_GO, () => {
  const program = programs.go({ cgo: true })
  using symbols = open(program)
  const hot = symbols.locationAt(offsetOf(program, 'main\\.hot'))
  assert.equal(hot.frames.at(-1)!.function, 'main.hot')
  assert.equal(hot.frames.at(-1)!.kind, FrameKind.GO)
  assert.ok(hot.isGo && hot.isProgram && !hot.isCollector)
  const worker = symbols.locationAt(offsetOf(program, 'runtime\\.gcBgMarkWorker'))
  assert.ok(worker.isCollector && !worker.isProgram)
  assert.equal(worker.frames[0]!.module, 'std')
  const native = symbols.locationAt(offsetOf(program, '_cgo_sys_thread_start'))
  assert.deepEqual([native.frames[0]!.kind, native.isGo], [FrameKind.NATIVE, false])
})

test('a file of any kind, however broken, has functions that are unknown at the worst', NEEDS_GO, () => {
  const originals = [programs.go(), programs.c('-O1'), programs.go({ args: ['-buildmode=pie'] })].map(
    (path) => ({
      bytes: readFileSync(path),
      offset: path.includes('chot') ? offsetOf(path, 'hot') : offsetOf(path, 'main\\.hot'),
    }),
  )
  const path = join(programs.folder, 'broken')
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const change = fc.record({ at: place, head: fc.boolean(), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) })
  fc.assert(
    fc.property(
      fc.constantFrom(...originals),
      fc.array(change, { minLength: 1, maxLength: 16 }),
      fc.option(place),
      ({ bytes, offset }, changes, cut) => {
        const broken = Buffer.from(cut === null ? bytes : bytes.subarray(0, cut * bytes.length))
        // Headers are where it hurts: half of the changes go there.
        for (const { at, head, value } of changes)
          if (broken.length > 0)
            broken[Math.floor(at * (head ? Math.min(broken.length, 4096) : broken.length))] = value
        writeFileSync(path, broken)
        using symbols = open(path)
        for (const where of [offset, 0, broken.length, broken.length / 2]) {
          const { frames } = symbols.locationAt(Math.floor(where))
          assert.ok(frames.length > 0)
        }
        assert.ok(symbols.byteLength < 16 << 20)
      },
    ),
    { seed: 4, numRuns: 60 },
  )
})
