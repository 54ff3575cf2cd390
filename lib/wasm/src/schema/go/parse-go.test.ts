import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { KINDS_FOLDER } from '../../testing/kinds.ts'
import { generateSchema } from '../generate.ts'
import { GO_SOURCE_LENGTH_MAX, parseGo } from './parse-go.ts'

const capnpOf = (body: string) => {
  const { value, diagnostics } = generateSchema(`package p\n${body}`, 'p.go', { languages: ['capnp'] })
  return {
    text: value?.[0]?.text.replaceAll(/\s+/g, ' ').replace(/^# Code[^.]*\. DO NOT EDIT\. @0x[0-9a-f]+; /, ''),
    diagnostics,
  }
}

test('structs become schemas, by their fields, tags and names', () => {
  for (const [source, expected] of [
    [
      'type T struct { UserID int64; URL string; X, Y float32; hidden int }',
      'struct T { userID @0 :Int64; url @1 :Text; x @2 :Float32; y @3 :Float32; }',
    ],
    [
      'type T struct {\n A int8 `json:"a" capnp:"@1"`\n B bool `capnp:"@0,flag"`\n}',
      'struct T { flag @0 :Bool; a @1 :Int8; }',
    ],
    [
      'type (\n // A comment.\n T struct { U; *V }\n U struct{ A []byte }\n V = U\n)',
      'struct T { u @0 :U; v @1 :U; } struct U { a @0 :Data; }',
    ],
    [
      'const x = `type No struct{`\nfunc f() { type Inner struct{ C chan int } }\ntype T struct{ A [2]rune }',
      'struct T { a @0 :List(Int32); }',
    ],
    [
      'type Kind uint8\ntype T struct { K Kind; M map[Kind]string }',
      'struct T { k @0 :UInt8; m @1 :List(TMEntry); } struct TMEntry { key @0 :UInt8; value @1 :Text; }',
    ],
    ['type T struct {}', 'struct T { }'],
  ] as const) {
    const { text, diagnostics } = capnpOf(source)
    assert.deepEqual(diagnostics, [])
    assert.equal(text?.trim(), expected)
  }
})

test('what cannot cross is told with its place and what mends it', () => {
  for (const [field, message, place] of [
    ['C chan<- int', /a channel cannot cross/, 'chan'],
    ['F func(a int) (b, c string)', /a function cannot cross/, 'func'],
    ['I interface{ M() }', /an interface cannot cross/, 'interface'],
    ['E error', /error is not declared here/, 'error'],
    ['A any', /any is not declared here/, 'any'],
    ['U uintptr', /uintptr is not declared/, 'uintptr'],
    ['P *int', /pointer to something else/, '*int'],
    ['S struct{ X int }', /a struct without a name/, 'struct'],
    ['T time.Time', /time.Time .* cannot cross/, 'time.Time'],
    ['M map[bool]int', /keys are no texts or integers/, 'bool'],
    ['N [n]int', /length is not a number/, '[n]int'],
    ['G Box[int]', /a generic type/, 'Box'],
    ['A int `capnp:"@1"`', /@1, @0 is next/, 'A'],
    ['A int `capnp:"What"`', /tag .* is not read/, 'A'],
    ['A, a int; A_ int', /two fields are a/, 'A_'],
  ] as const) {
    const body = `type T struct { ${field} }`
    const { text, diagnostics } = capnpOf(body)
    assert.equal(text, undefined)
    assert.match(diagnostics[0]!.message, message)
    const source = `package p\n${body}`
    assert.ok(
      source.slice(diagnostics[0]!.range!.start).startsWith(place),
      source.slice(diagnostics[0]!.range!.start),
    )
  }
  for (const source of [
    '',
    'package',
    'package p\ntype T struct {',
    'package p\ntype',
    `package p\ntype T ${'[]'.repeat(1000)}int`,
  ])
    assert.equal(parseGo(source, 'x.go').value, undefined)
  assert.match(
    parseGo(' '.repeat(GO_SOURCE_LENGTH_MAX + 1), 'x.go').diagnostics[0]!.message,
    /more than 2 MiB/,
  )
})

test('whatever stands in a file, it is read or refused', () => {
  const source = readFileSync(join(KINDS_FOLDER, 'kinds.go'), 'utf8')
  const change = fc.record({
    place: fc.nat(source.length - 1),
    length: fc.nat(20),
    text: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('{', '}', '[', '*', '`', '"', 'struct', 'map[', '\n', '/*', 'type'),
    ),
  })
  let read = 0
  let count = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      count++
      const changed = changes.reduce(
        (text, { place, length, text: with_ }) => text.slice(0, place) + with_ + text.slice(place + length),
        source,
      )
      const { value, diagnostics } = generateSchema(changed, 'x.go', { languages: ['capnp', 'go', 'ts'] })
      assert.equal(value === undefined, diagnostics.length > 0)
      if (value !== undefined) read++
    }),
    { seed: 6, numRuns: 1500 },
  )
  assert.ok(read > 50 && read < count, `${read} of ${count} read`)
})
