import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { structCodec } from '../btf/struct-codec.ts'
import { InstructionView } from '../spec/instruction.ts'
import { EbpfError } from '../error.ts'
import { parseCollection } from '../spec/parse-collection.ts'
import { readTestObject, testSpec } from '../testing/bpf-test.ts'
import { mutated } from '../testing/mutated.ts'
import { relocateProgram, rootNames, type RelocationTarget } from './relocate-program.ts'

const POISON = 0xbad2310

/** `results[i] = value` is compiled to a move of the value and a store at `i * 8`: value by i, after relocating. */
function results(target: RelocationTarget): Map<number, number> {
  const spec = testSpec('relocations.bpf.o')
  const program = spec.programs.get('offsets')!
  const instructions = program.instructions.slice()
  relocateProgram(program, instructions, spec.btf, target)
  const view = new InstructionView(instructions, true)
  const values = new Map<number, number>()
  const references = new Set(program.references.map(({ instruction }) => instruction))
  let moved = 0
  for (let index = 0; index < view.count; index++) {
    if (view.opcode(index) === 0x18 && !references.has(index)) moved = view.immediate(index)
    if (view.opcode(index) === 0xb7 || (view.opcode(index) === 0x85 && view.immediate(index) === POISON))
      moved = view.immediate(index)
    if (view.opcode(index) === 0x7b) values.set(view.offset(index) / 8, moved)
  }
  return values
}

test('fields, types and values are found in another kernel’s types', () => {
  const spec = testSpec('relocations.bpf.o')
  const { btf } = testSpec('relocations.target.bpf.o')
  const values = results({ btf, idsOf: (name) => btf.idsOf(name) })
  const machine = structCodec(btf, 'struct machine')
  const expected: Record<number, number> = {
    0: machine.offset('id'),
    1: machine.offset('count'),
    2: machine.offset('parts[3].size'),
    3: 8,
    // mode: bits 3 to 9 of the 32-bit word at 168.
    4: 168,
    5: 64 - 10,
    6: 64 - 7,
    7: 1,
    8: 0,
    9: 1,
    10: 0,
    11: 1,
    12: 0,
    13: machine.bytes,
    14: 70,
    15: 0,
    16: spec.btf.find('struct part').id,
    17: btf.find('struct part').id,
    18: POISON,
    19: 64 - 20,
  }
  assert.deepEqual(Object.fromEntries(values), expected)
})

test('relocated to its own types a program stays as it is', () => {
  const spec = testSpec('relocations.bpf.o')
  const program = spec.programs.get('offsets')!
  const instructions = program.instructions.slice()
  // The flavour and the type that only exist by name are the only ones to change: own types have them all.
  relocateProgram(program, instructions, spec.btf, {
    btf: spec.btf,
    idsOf: (name) =>
      spec.btf.idsOf(name).concat(spec.btf.idsOf(`${name}___old`).filter(() => name !== 'machine')),
  })
  const [before, after] = [
    new InstructionView(program.instructions, true),
    new InstructionView(instructions, true),
  ]
  let changed = 0
  for (let index = 0; index < before.count; index++)
    if (before.immediate(index) !== after.immediate(index)) changed++
  assert.ok(changed <= 2, `${changed} instructions changed`)
})

test('mutated objects are relocated or refused, never more', () => {
  const originals = ['relocations.bpf.o', 'relocations.target.bpf.o', 'kernel-types.bpf.o'].map(
    readTestObject,
  )
  fc.assert(
    fc.property(mutated(originals), (bytes) => {
      const { value: spec } = parseCollection(bytes)
      for (const program of spec?.programs.values() ?? []) {
        try {
          const target = { btf: spec!.btf, idsOf: (name: string) => spec!.btf.idsOf(name) }
          relocateProgram(program, program.instructions.slice(), spec!.btf, target)
        } catch (error) {
          assert.ok(error instanceof EbpfError, String(error))
        }
      }
    }),
    { seed: 4, numRuns: 600 },
  )
})

test('the names to look up are the roots without flavours', () => {
  const spec = testSpec('relocations.bpf.o')
  assert.deepEqual(rootNames(spec.programs.get('offsets')!, spec.btf).sort(), [
    'color',
    'machine',
    'never',
    'part',
  ])
})
