import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECTION_FLAG, SECTION_TYPE } from '../elf/section.ts'
import { makeBtf, typeInfo } from '../testing/make-btf.ts'
import { makeElf, makeSymbols, type MadeSection } from '../testing/make-elf.ts'
import { parseCollection } from './parse-collection.ts'

// Small files made to cost much: each of these ends at once, or not before the night.

const { progbits, symtab, strtab, nobits, rel } = SECTION_TYPE
const GLOBAL_FUNCTION = 0x12
const DATASEC = 15
const EXIT = [0x95, 0, 0, 0, 0, 0, 0, 0]

const btf: MadeSection = { name: '.BTF', type: progbits, bytes: makeBtf([], '\0') }

function check(sections: readonly MadeSection[], reason: RegExp): void {
  const { diagnostics } = parseCollection(makeElf(sections))
  const told = diagnostics.map(({ message }) => message).join('\n')
  assert.match(told, reason)
}

test('ten thousand tables of relocations in one place', () => {
  const table = { name: '.rel', type: rel, info: 1, bytes: new Uint8Array(1 << 16) }
  check([btf, table, ...Array.from({ length: 10_000 }, () => ({ ...table, at: 2 }))], /overlap/)
})

test('ten thousand sections of zeros', () => {
  const zeros = {
    name: '.bss.x',
    type: nobits,
    flags: SECTION_FLAG.alloc | SECTION_FLAG.write,
    size: 15 << 20,
  }
  check([btf, ...Array.from({ length: 10_000 }, () => zeros)], /bytes of global variables/)
})

test('a hundred thousand symbols with the ends of one name', () => {
  const names = new Uint8Array(4096).fill(97)
  names[4095] = 0
  const symbols = Array.from({ length: 100_000 }, (_, index) => ({
    name: index % 1000,
    info: 0,
    section: 0,
    value: 0,
    size: 0,
  }))
  check(
    [
      btf,
      { name: '.strtab', type: strtab, bytes: names },
      { name: '.symtab', type: symtab, link: 2, bytes: makeSymbols(symbols) },
    ],
    /names of more than/,
  )
})

/** A section of code under many names, each a program. */
function programs(count: number, code: Uint8Array): readonly MadeSection[] {
  const symbols = Array.from({ length: count }, (_, index) => ({
    name: index * 2,
    info: GLOBAL_FUNCTION,
    section: 2,
    value: 0,
    size: code.length,
  }))
  return [
    btf,
    { name: 'socket', type: progbits, flags: SECTION_FLAG.executable, bytes: code },
    { name: '.strtab', type: strtab, bytes: new TextEncoder().encode('a\0'.repeat(count)) },
    { name: '.symtab', type: symtab, link: 3, bytes: makeSymbols(symbols) },
  ]
}

test('a long function under a thousand names', () => {
  check(programs(1000, new Uint8Array(1 << 20)), /bytes of code/)
})

test('a long function that cannot be linked, under a thousand names', () => {
  const code = new Uint8Array(1 << 20)
  // A call to nothing is the last instruction.
  code.set([0x85, 0x10, 0, 0, 0x7f, 0, 0, 0], code.length - 8)
  check(programs(1000, code), /calls "something"/)
})

test('a function under more names than there are functions', () => {
  check(programs(70_000, Uint8Array.from(EXIT)), /more than 65536 functions/)
})

test('one map declared a hundred thousand times', () => {
  const count = 60_000
  const words = [1, typeInfo(DATASEC, count), 0]
  for (let index = 0; index < count; index++) words.push(2, 0, 0)
  words.push(1, typeInfo(14), 2, 1)
  check(
    [
      { ...btf, bytes: makeBtf(words, '\0.maps\0') },
      { name: '.maps', type: progbits },
    ],
    /more than 4096 maps/,
  )
})

test('many records for one instruction', () => {
  const words = [0xeb9f | (1 << 16), 24, 0, 0, 0, 8 + 8 + 16 * 3]
  words.push(16, 0, 3, ...Array.from({ length: 3 }, () => [8, 0, 0, 0]).flat())
  words[5] = (words.length - 6) * 4
  const bytes = new Uint8Array(Uint32Array.from(words).buffer)
  check([btf, { name: '.BTF.ext', type: progbits, bytes }], /no instruction of their own/)
})
