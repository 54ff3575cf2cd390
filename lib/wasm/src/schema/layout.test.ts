// Where fields lie is where the reference compiler puts them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { capnp, NO_CAPNP } from '../testing/capnp.ts'
import { layOut, sizeOf, isPointer, type StructLayout } from './layout.ts'
import { parseSchema } from './parse-schema.ts'

const TYPES = [
  'Void',
  'Bool',
  'Int8',
  'UInt8',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float32',
  'Float64',
  'Text',
  'Data',
  'List(Bool)',
  'List(List(Text))',
  'E',
  'S',
] as const

const type = fc.constantFrom(...TYPES)
/** Fields in groups and outside of them, some with numbers in another order than they are written in. */
const schema = fc
  .record({
    types: fc.array(type, { maxLength: 40 }),
    groups: fc.array(fc.nat(2), { minLength: 40, maxLength: 40 }),
  })
  .map(({ types, groups }) => {
    const lines = types.map((name, index) => [groups[index]!, `f${index} @${index} :${name};`] as const)
    const inGroup = (group: number) => lines.filter(([of]) => of === group).map(([, line]) => line)
    const group = (name: string, content: readonly string[]) =>
      content.length === 0 ? '' : `${name} :group { ${content.join(' ')} }`
    return `@0xdbb9ad1f14bf0b36;
enum E { a @0; b @1; }
struct S { x @0 :Int8; }
struct T { ${inGroup(0).join('\n')} ${group('g', inGroup(1))} ${group('h', inGroup(2))} }
`
  })

function layoutOf(text: string): StructLayout {
  const parsed = parseSchema(text, 't.capnp')
  assert.deepEqual(parsed.diagnostics, [])
  const { value, diagnostics } = layOut(parsed.value!)
  assert.deepEqual(diagnostics, [])
  return value!.structs.find(({ name }) => name === 'T')!
}

/** `bits[0, 8)` and `ptr[0]` of each field, by the number of its declaration, and the size of the struct. */
function compiled(text: string) {
  const out = capnp(['compile', '-ocapnp', 't.capnp'], { 't.capnp': text }).toString()
  const [, bytes, pointers] = /struct T @0x[0-9a-f]+ \{ {2}# (\d+) bytes, (\d+) ptrs/.exec(out)!
  const fields = new Map<number, string>()
  for (const [, ordinal, place] of out
    .slice(out.indexOf('struct T'))
    .matchAll(/f\d+ @(\d+) :.*?; {2}# (\S+\[[^\])]*[\])])/g))
    fields.set(Number(ordinal), place!)
  return { dataWords: Number(bytes) / 8, pointerCount: Number(pointers), fields }
}

test('structs with groups are laid out as by capnp compile', { skip: NO_CAPNP }, () => {
  fc.assert(
    fc.property(schema, (text) => {
      const ours = layoutOf(text)
      const theirs = compiled(text)
      assert.deepEqual([ours.dataWords, ours.pointerCount], [theirs.dataWords, theirs.pointerCount])
      for (const { ordinal, type, offset } of ours.fields) {
        const place = theirs.fields.get(ordinal)
        if (type.kind === 'void') continue
        const bits = isPointer(type) ? 0 : 1 << sizeOf(type)
        const ourPlace = isPointer(type) ? `ptr[${offset}]` : `bits[${offset * bits},`
        assert.ok(place?.replace(' ', '').startsWith(ourPlace), `@${ordinal}: ${place} is not ${ourPlace}`)
      }
    }),
    { seed: 6, numRuns: process.env['QUADRANT_E2E'] === 'full' ? 1000 : 60 },
  )
})

test('what is not generated is told with its place', () => {
  for (const [text, message] of [
    ['struct T { union { a @0 :Int8; b @1 :Int8; } }', /unions are not generated/],
    ['struct T { a @0 :AnyPointer; }', /AnyPointer are not generated/],
    ['struct T { a @0 :Text = "x"; }', /default of text is not generated/],
  ] as const) {
    const { value, diagnostics } = layOut(parseSchema(`@0xdbb9ad1f14bf0b36;\n${text}`, 't.capnp').value!)
    assert.equal(value, undefined)
    assert.match(diagnostics[0]!.message, message)
    assert.ok(diagnostics[0]!.range !== undefined)
  }
})
