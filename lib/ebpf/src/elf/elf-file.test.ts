import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { EbpfError } from '../error.ts'
import { hasCommand, readTestObject, TESTDATA } from '../testing/bpf-test.ts'
import { mutated } from '../testing/mutated.ts'
import { parseElf } from './elf-file.ts'
import { relocationsBySection } from './relocation.ts'

const OBJECTS = ['map-kinds.bpf.o', 'map-kinds.big-endian.bpf.o', 'hooks.bpf.o', 'relocations.bpf.o']

const skip = hasCommand('readelf') ? false : 'readelf is not installed'

for (const object of OBJECTS) {
  test(`sections, symbols and relocations of ${object} are readelf's`, { skip }, () => {
    const elf = parseElf(readTestObject(object))
    const path = join(TESTDATA, object)
    const readelf = (...args: string[]) =>
      execFileSync('readelf', ['-W', ...args, path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })

    // "  [ 3] socket            PROGBITS        0000000000000000 0000e8 000160 00  AX  0   0  8"
    const sections = [...readelf('-S').matchAll(/^ {2}\[ *\d+\] (\S*)\s+(\S+)\s+\S+ \S+ ([0-9a-f]+) /gm)]
    assert.deepEqual(
      elf.sections.slice(1).map(({ name, size }) => [name, size]),
      sections.slice(1).map(([, name, , size]) => [name, Number.parseInt(size!, 16)]),
    )
    // "     5: 0000000000000000   256 FUNC    GLOBAL DEFAULT    3 count"
    const symbols = [...readelf('-s').matchAll(/^ +\d+: ([0-9a-f]+) +(\d+) \S+ +\S+ +\S+ +(\S+) ?(.*)$/gm)]
    assert.deepEqual(
      elf.symbols.map(({ value, size, name }) => [value, size, name]),
      symbols.map(([, value, size, , name]) => [Number.parseInt(value!, 16), Number(size), name]),
    )
    const relocations = [...relocationsBySection(elf).values()].flat()
    assert.equal(relocations.length, [...readelf('-r').matchAll(/^[0-9a-f]{16} /gm)].length)
  })
}

test('whatever is not a whole 64-bit ELF file is refused with a reason', () => {
  const object = readTestObject('map-kinds.bpf.o')
  const withByte = (at: number, value: number) => {
    const copy = new Uint8Array(object)
    copy[at] = value
    return copy
  }
  for (const [bytes, reason] of [
    [new Uint8Array(0), /not an ELF/],
    [object.subarray(0, 63), /not an ELF/],
    [withByte(0, 0), /not an ELF/],
    [withByte(4, 1), /64-bit/],
    [withByte(5, 3), /byte order/],
    [object.subarray(0, object.length - 1), /bytes wanted/],
    [withByte(0x2e, 0xff), /too large|bytes wanted|at byte/],
  ] as const)
    assert.throws(
      () => parseElf(bytes),
      (error) => error instanceof EbpfError && error.code === 'elf' && reason.test(error.message),
      String(reason),
    )
})

test('mutated objects are read or refused, never more', () => {
  fc.assert(
    fc.property(mutated(OBJECTS.map(readTestObject)), (bytes) => {
      try {
        relocationsBySection(parseElf(bytes))
      } catch (error) {
        assert.ok(error instanceof EbpfError, String(error))
      }
    }),
    { seed: 1, numRuns: 1500 },
  )
})
