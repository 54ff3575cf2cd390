import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDiagnostic } from '@quadrant/core'
import fc from 'fast-check'
import { capnp, NO_CAPNP } from '../testing/capnp.ts'
import { compareSchemas } from './compare-schemas.ts'
import { parseSchema } from './parse-schema.ts'
import { typeIds } from './type-id.ts'

const ID = '@0x9eb32e19f86ee174;\n'
const SHOP = `${ID}
using Money = Int64;  # cents
const most :UInt32 = 0x64;
annotation column @0xf8a1bedf44c89f00 (field) :Text;

struct Order $Tag.x("y") {
  id @0 :UInt64;
  items @4 :List(List(Item));
  state @1 :State = paid;
  total @2 :Money = -5 $column("total");
  union {
    cash @3 :Void;
    card :group {
      number @5 :Text = "a \\"b\\"";
      bank @6 :Item.Origin;
    }
    transfer @7 :Data = 0x"a1 b2";
  }
  enum State { open @0; paid @1; }
  pay @8 :Payer;
  inner :group { ratio @9 :Float64 = -1.5e-3; limit @10 :UInt32 = .most; any @11 :AnyPointer; }
  tagged @12! :union { a @13 :Bool = true; b @14 :List(Text) = ["x", "y"]; }
}
struct Item { name @0 :Text; origin @1 :Origin = (place = "here"); struct Origin { place @0 :Text; } }
interface Payer { pay @0 (amount :Money) -> (done :Bool); struct Slip { n @0 :Int8; } }
`.replace(' $Tag.x("y")', '')

test('all parts of the language are read', () => {
  const { value, diagnostics } = parseSchema(SHOP, 's.capnp')
  assert.deepEqual(diagnostics, [])
  assert.deepEqual([...value!.types.keys()], ['Order.State', 'Order', 'Item.Origin', 'Item', 'Payer'])
  const order = value!.types.get('Order')!
  assert.ok(order.kind === 'struct')
  assert.deepEqual(
    order.fields.map(({ name, scope }) => [scope?.parent?.kind, scope?.kind, name].filter(Boolean).join(' ')),
    [
      'id',
      'state',
      'total',
      'union cash',
      'items',
      'union group number',
      'union group bank',
      'union transfer',
      'pay',
      'group ratio',
      'group limit',
      'group any',
      'union a',
      'union b',
    ],
  )
  assert.deepEqual(
    compareSchemas(value!, value!).diagnostics.map(({ code }) => code),
    ['SCHEMA017'],
  )
})

test('ids are those of the published example', () => {
  const { value } = parseSchema(
    `${ID} struct Person { a @0 :Void; struct PhoneNumber { t @0 :Type; enum Type { mobile @0; } } } struct AddressBook {}`,
    'addressbook.capnp',
  )
  assert.deepEqual(
    [...typeIds(value!)].map(([name, id]) => `${name} ${id.toString(16)}`),
    [
      'Person 98808e9832e8bc18',
      'Person.PhoneNumber 814e90b29c9e8ad0',
      'Person.PhoneNumber.Type 91e0bd04d585062f',
      'AddressBook f934d9b354a8a134',
    ],
  )
})

/** A schema that is wrong, the beginning of what is said, and the fix. */
const MISTAKES: readonly (readonly [string, string, string?])[] = [
  ['struct A {}', 'error[SCHEMA001] s.capnp:1:1 a schema needs an id', 'capnp id prints one'],
  ['@0x12;', 'error[SCHEMA001] s.capnp:1:1 an id is 16 hexadecimal digits'],
  [`${ID}struct A { a :Text; }`, 'error[SCHEMA003] s.capnp:2:12 a has no number', 'a @0'],
  [`${ID}struct A { a @1 :Text; }`, 'error[SCHEMA003] s.capnp:2:12 @0 is left out', 'a @0'],
  [`${ID}struct A { a @0 :Text; b @0 :Text; }`, 'error[SCHEMA003] s.capnp:2:24 @0 is there twice', 'b @1'],
  [`${ID}struct A { a @0 :Text; a @1 :Text; }`, 'error[SCHEMA002] s.capnp:2:24 a is there twice'],
  [`${ID}struct A {}\nenum A { x @0; }`, 'error[SCHEMA002] s.capnp:3:6 A is declared already'],
  [`${ID}struct A { a @0 Text; }`, 'error[SCHEMA001] s.capnp:2:17 `:` belongs here, not `Text`'],
  [`${ID}struct A { a @0 :Text`, 'error[SCHEMA001] s.capnp:2:22 `;` belongs here, not the end of the file'],
  [
    `${ID}struct A { a @0 :Text = "x; }`,
    'error[SCHEMA001] s.capnp:2:25 the text is not closed',
    'end it with "',
  ],
  [`${ID}struct A { a @0 :Text = (1]; }`, 'error[SCHEMA001] s.capnp:2:27 `)` belongs here, not `]`'],
  [
    `${ID}struct A { union { a @0 :Text; } }`,
    'error[SCHEMA001] s.capnp:2:12 a union has two members or more',
  ],
  [`${ID}struct A { g @0 :group { a @1 :Text; } }`, 'error[SCHEMA003] s.capnp:2:12 a group has no number'],
  [
    `${ID}struct A { u @0 :union { a @1 :Text; b @2 :Text; } }`,
    'error[SCHEMA003] s.capnp:2:12 a union needs no number',
    'u @0!',
  ],
  [
    `${ID}struct A { a @0! :Text; }`,
    'error[SCHEMA003] s.capnp:2:12 only the number of a union has !',
    'a @0',
  ],
  [`${ID}struct A { a @99999 :Text; }`, 'error[SCHEMA005] s.capnp:2:14 numbers go up to @65534'],
  [`${ID}struct A { a @0 :Text; ? }`, 'error[SCHEMA001] s.capnp:2:24 no part of a schema begins here'],
  [`${ID}using A Text;`, 'error[SCHEMA001] s.capnp:2:9 `=` belongs here, not `Text`', 'using Name = Type;'],
]

for (const [source, head, fix] of MISTAKES)
  test(`a mistake is told with its place: ${head}`, () => {
    const { value, diagnostics } = parseSchema(source, 's.capnp')
    assert.equal(value, undefined)
    const text = formatDiagnostic(diagnostics[0]!, source)
    assert.ok(text.startsWith(head), text)
    if (fix !== undefined) assert.ok(text.endsWith(`fix: ${fix}`), text)
    if (!NO_CAPNP) assert.throws(() => capnp(['compile', '-o-', 's.capnp'], { 's.capnp': source }))
  })

test('the reference compiler reads the same file, and gives types the same ids', { skip: NO_CAPNP }, () => {
  const written = capnp(['compile', '-ocapnp', 's.capnp'], { 's.capnp': SHOP }).toString()
  const ids = new Map(
    [...written.matchAll(/(?:struct|enum|interface) (\w+) @(0x[0-9a-f]+)/g)].map(([, name, id]) => [
      name,
      BigInt(id!),
    ]),
  )
  const ours = [...typeIds(parseSchema(SHOP, 's.capnp').value!)]
  assert.equal(ours.length, 5)
  for (const [name, id] of ours) assert.equal(ids.get(name.split('.').at(-1)), id, name)
})

test('deep nesting is refused, not followed', () => {
  for (const source of [
    `${ID}${'struct A {'.repeat(5000)}`,
    `${ID}struct A { ${'g :group {'.repeat(5000)}`,
    `${ID}struct A { a @0 :${'List('.repeat(5000)}`,
  ])
    assert.equal(parseSchema(source, 's').diagnostics[0]!.code, 'SCHEMA005')
  const brackets = parseSchema(`${ID}const a :Text = ${'('.repeat(100_000)};`, 's')
  assert.equal(brackets.diagnostics[0]!.code, 'SCHEMA001')
})

test('whatever the text, it is read or its mistake has a place in it', () => {
  const words = SHOP.split(/\b|(?=\W)/)
  const place = fc.nat(words.length - 1)
  fc.assert(
    fc.property(
      fc.array(fc.record({ at: place, from: place, count: fc.nat(6), extra: fc.string({ maxLength: 4 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      (edits) => {
        const changed = [...words]
        for (const { at, from, count, extra } of edits)
          changed.splice(at, count, ...words.slice(from, from + count), extra)
        const source = changed.join('')
        const { value, diagnostics } = parseSchema(source, 's.capnp')
        const original = parseSchema(SHOP, 'o.capnp').value!
        const found = value ? compareSchemas(original, value).diagnostics : diagnostics
        assert.equal(diagnostics.length, value ? 0 : 1)
        for (const { file, range } of found) {
          const length = file === 's.capnp' ? source.length : SHOP.length
          assert.ok(range!.start >= 0 && range!.start <= range!.end && range!.end <= length)
        }
      },
    ),
    { seed: 61, numRuns: 300 },
  )
})
