import assert from 'node:assert/strict'
import { test } from 'node:test'
import { structCodec } from '@quadrant/ebpf'
import fc from 'fast-check'
import { readObject } from '../../kernel/objects.ts'
import { GC_FIELDS } from './gc-field.ts'
import { GC_EVENT_BYTES, GC_FIGURES_BYTES, GcKind, GcWord, readGcEvent } from './gc-record.ts'
import { SLOT_WORDS, SlotWord } from './gc-slots.ts'

const { btf } = readObject('go-gc', 'ring')

test('records and slots lie as the compiled program has them', () => {
  const check = (struct: string, byteLength: number, fields: ReadonlyArray<readonly [string, number]>) => {
    const codec = structCodec(btf, `struct ${struct}`)
    assert.equal(codec.bytes, byteLength, struct)
    for (const [field, word] of fields) assert.equal(codec.offset(field), word * 4, `${struct}.${field}`)
  }
  check('gc_event', GC_EVENT_BYTES, [
    ['ts', GcWord.ts],
    ['slot', GcWord.slot],
    ['generation', GcWord.generation],
    ['sequence', GcWord.sequence],
    ['kind', GcWord.kind],
    ['flags', GcWord.kind + 0.5],
    ['argument', GcWord.argument],
    ['procs', GcWord.procs],
  ])
  check('gc_figures', GC_FIGURES_BYTES, [
    ['event', 0],
    ['known', GcWord.known],
    ['values', GcWord.values],
  ])
  check('gc_process', SLOT_WORDS * 4, [
    ['generation', SlotWord.generation],
    ['work', SlotWord.work],
    ['hits', SlotWord.hits],
    ['stepped_hits', SlotWord.steppedHits],
    ['controller', SlotWord.controller],
    ['sites', SlotWord.sites],
    ['fields', SlotWord.fields],
  ])
  check('gc_field', 16, [
    ['address', 0],
    ['bytes', 2],
    ['base', 2.5],
    ['phases', 3],
  ])
})

test('a record is read as it was written, from any place', () => {
  const words = new Uint32Array(100)
  const at = 7
  words.set([5, 2, 3, 4, 0xffff_ffff, 0x1_0000 | GcKind.begin, 1, 8, 0b101, 0], at)
  words.set([70, 1, 71, 0, 0xffff_ffff, 0xffff_ffff], at + GcWord.values)
  assert.deepEqual(readGcEvent(words, at, GC_FIGURES_BYTES), {
    ts: 2 * 2 ** 32 + 5,
    slot: 3,
    generation: 4,
    sequence: 0xffff_ffff,
    kind: GcKind.begin,
    tells: true,
    argument: 1,
    procs: 8,
    // The second was not read.
    figures: { [GC_FIELDS[0][0]]: 2 ** 32 + 70, [GC_FIELDS[2][0]]: 2 ** 64 },
  })
  assert.equal(readGcEvent(words, at, GC_EVENT_BYTES)?.figures, undefined)
})

test('any bytes: an event of numbers, or none', () => {
  const lengths = fc.oneof(fc.constantFrom(GC_EVENT_BYTES, GC_FIGURES_BYTES), fc.nat(200))
  fc.assert(
    fc.property(fc.uint32Array({ maxLength: 40 }), fc.nat(50), lengths, (words, at, byteLength) => {
      const event = readGcEvent(words, at, byteLength)
      if (event === undefined) return
      assert.ok(at + byteLength / 4 <= words.length)
      assert.ok(event.kind >= GcKind.stop && event.kind <= GcKind.markTermination)
      for (const value of Object.values(event.figures ?? {})) assert.ok(value >= 0 && value <= 2 ** 64)
    }),
    { seed: 4, numRuns: 3000 },
  )
})
