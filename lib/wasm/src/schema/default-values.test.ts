// Defaults are mixed into the bits of a message: whatever they are, `capnp` reads what is written, and writes what is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { capnp, NO_CAPNP } from '../testing/capnp.ts'
import { importGenerated } from '../testing/kinds.ts'
import { generateSchema } from './generate.ts'

const RUNTIME = import.meta.resolve('../message.ts')

const SCHEMA = `@0xdbb9ad1f14bf0b36;
enum Colour { red @0; green @1; blue @2; }
const most :UInt64 = 0xffffffffffffffff;
struct Defaults {
  yes @0 :Bool = true;
  no @1 :Bool;
  i8 @2 :Int8 = -128;
  u8 @3 :UInt8 = 255;
  i16 @4 :Int16 = -2;
  u16 @5 :UInt16 = 0xabcd;
  i32 @6 :Int32 = -2147483648;
  u32 @7 :UInt32 = 4294967295;
  i64 @8 :Int64 = -9223372036854775808;
  u64 @9 :UInt64 = .most;
  f32 @10 :Float32 = 1.5;
  f64 @11 :Float64 = -2.5e300;
  minusZero @12 :Float64 = -0.0;
  infinite @13 :Float32 = -inf;
  colour @14 :Colour = blue;
}
`

interface Value {
  readonly [field: string]: unknown
}

const { value: files, diagnostics } = generateSchema(SCHEMA, 'd.capnp', {
  languages: ['ts'],
  runtime: RUNTIME,
})
assert.deepEqual(diagnostics, [])
const { Defaults, writeDefaults } = await importGenerated<{
  Defaults: { read(bytes: Uint8Array): { $value(): Value } }
  writeDefaults: (value: Value) => Uint8Array
}>(files![0]!.text)

const integer = (bits: number, signed: boolean) =>
  signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 })
const values = fc.sample(
  fc.record(
    {
      yes: fc.boolean(),
      no: fc.boolean(),
      i8: integer(8, true),
      u8: integer(8, false),
      i16: integer(16, true),
      u16: integer(16, false),
      i32: integer(32, true),
      u32: integer(32, false),
      i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      // NaN has many patterns of bits.
      f32: fc.float({ noNaN: true }),
      f64: fc.double({ noNaN: true }),
      minusZero: fc.double({ noNaN: true }),
      infinite: fc.float({ noNaN: true }),
      colour: fc.nat(2),
    },
    { noNullPrototype: true },
  ),
  { seed: 6, numRuns: 25 },
)

const NAMES = ['red', 'green', 'blue']

/** In the language's own text. */
function textOf(value: Value): string {
  const fields = Object.entries(value).map(([name, each]) => {
    if (name === 'colour') return `${name} = ${NAMES[Number(each)]}`
    if (typeof each !== 'number') return `${name} = ${String(each)}`
    const number = Object.is(each, -0) ? '-0.0' : String(each)
    return `${name} = ${number.replace('Infinity', 'inf').replace('e+', 'e')}`
  })
  return `(${fields.join(', ')})`
}

const schema = { 'd.capnp': SCHEMA }
const encoded = (text: string): Uint8Array =>
  new Uint8Array(capnp(['convert', 'text:binary', 'd.capnp', 'Defaults'], schema, text))

test('what capnp writes is read', { skip: NO_CAPNP }, () => {
  for (const value of values) assert.deepEqual(Defaults.read(encoded(textOf(value))).$value(), value)
})

test('what is written has the bytes that capnp gives it', { skip: NO_CAPNP }, () => {
  for (const value of values)
    assert.deepEqual(Buffer.from(writeDefaults(value)), Buffer.from(encoded(textOf(value))))
})

test('an empty message has the defaults that capnp reads from it', { skip: NO_CAPNP }, () => {
  // Its root is null: no field was known to whoever wrote it.
  const empty = new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const ours = Defaults.read(empty).$value()
  const theirs = capnp(['convert', 'binary:text', 'd.capnp', 'Defaults'], schema, empty).toString()
  assert.equal(
    theirs.replaceAll(/\s+/g, ' ').trim(),
    '( yes = true, no = false, i8 = -128, u8 = 255, i16 = -2, u16 = 43981, i32 = -2147483648, u32 = 4294967295, ' +
      'i64 = -9223372036854775808, u64 = 18446744073709551615, f32 = 1.5, f64 = -2.5e300, minusZero = -0, ' +
      'infinite = -inf, colour = blue )',
  )
  assert.deepEqual(ours, {
    yes: true,
    no: false,
    i8: -128,
    u8: 255,
    i16: -2,
    u16: 0xabcd,
    i32: -(2 ** 31),
    u32: 2 ** 32 - 1,
    i64: -(2n ** 63n),
    u64: 2n ** 64n - 1n,
    f32: 1.5,
    f64: -2.5e300,
    minusZero: -0,
    infinite: -Infinity,
    colour: 2,
  })
})
