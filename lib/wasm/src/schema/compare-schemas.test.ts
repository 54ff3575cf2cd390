import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capnp, NO_CAPNP } from '../testing/capnp.ts'
import { compareSchemas } from './compare-schemas.ts'
import { parseSchema } from './parse-schema.ts'

const ID = '@0xdbb9ad1f14bf0b36;\n'

function compare(before: string, after: string) {
  const [was, is] = [
    parseSchema(ID + before, 'old'),
    parseSchema(after.startsWith('@') ? after : ID + after, 'new'),
  ]
  assert.deepEqual([...was.diagnostics, ...is.diagnostics], [])
  return compareSchemas(was.value!, is.value!)
}

/** What both sides read alike: old, new, and a message of each as text with what the other side reads of it. */
const SAFE: readonly (readonly [
  title: string,
  before: string,
  after: string,
  written?: string,
  read?: string,
])[] = [
  [
    'new fields, names and order',
    'struct T { a @0 :Int32; b @1 :Text; }',
    'struct T { c @2 :Bool; title @1 :Text; a @0 :Int32; }',
    '(a = 7, b = "x")',
    '( a = 7, title = "x", c = false )',
  ],
  [
    'an old field in a new union',
    'struct T { a @0 :Int32; b @1 :Int32; }',
    'struct T { union { a @0 :Int32; c @2 :Text; } b @1 :Int32; }',
    '(a = 7, b = 8)',
    '( a = 7, b = 8 )',
  ],
  [
    'an old field in a new group',
    'struct T { a @0 :Int32; b @1 :Int32; }',
    'struct T { g :group { a @0 :Int32; c @2 :Int32; } b @1 :Int32; }',
    '(a = 7, b = 8)',
    '( g = (a = 7, c = 0), b = 8 )',
  ],
  [
    'a list that becomes one of structs',
    'struct T { a @0 :List(Int32); }',
    'struct T { a @0 :List(E); } struct E { n @0 :Int32; t @1 :Text; }',
    '(a = [1, 2])',
    '( a = [ (n = 1), (n = 2)] )',
  ],
  [
    'new members in a union, a group and an enum',
    'struct T { union { a @0 :Int32; b @1 :Text; } g :group { c @2 :E; d @3 :Void; } } enum E { x @0; }',
    'struct T { union { b @1 :Text; a @0 :Int32; f @4 :Void; } g :group { c @2 :E; d @3 :Void; h @5 :Bool; } } enum E { y @0; z @1; }',
    '(b = "q", g = (c = x, d = void))',
    '( b = "q", g = (c = y, d = void, h = false) )',
  ],
  [
    'defaults written otherwise',
    'struct T { a @0 :Int32 = 16; b @1 :Bool; c @2 :Text; d @3 :E; } enum E { x @0; y @1; }',
    'const most :Int32 = 0x10; struct T { a @0 :Int32 = .most; b @1 :Bool = false; c @2 :Text = ""; d @3 :E = x; } enum E { x @0; y @1; }',
  ],
  [
    'an alias',
    'struct T { a @0 :Int64; }',
    'using M = Int64; struct T { a @0 :N.M2; } struct N { using M2 = M; }',
  ],
  [
    'an obsolete field whose name goes to a new one',
    'struct T { a @0 :Int32; }',
    'struct T { old @0 :Int32; a @1 :Text; }',
  ],
]

for (const [title, before, after, written, read] of SAFE) {
  test(`safe: ${title}`, () => {
    const { value, diagnostics } = compare(before, after)
    assert.deepEqual(diagnostics, [])
    assert.ok(value.compatible)
  })
  if (written !== undefined)
    test(`safe, says the reference: ${title}`, { skip: NO_CAPNP }, () => {
      assert.deepEqual(reread(before, after, written), read!.replaceAll(/\s/g, ''))
    })
}

/** Old, new, and each finding as `code file:text`, `text` being what it points at. */
const UNSAFE: readonly (readonly [
  title: string,
  before: string,
  after: string,
  findings: readonly string[],
  written?: string,
])[] = [
  [
    'another type',
    'struct T { a @0 :Int32; b @1 :Int32; }',
    'struct T { a @0 :Int64; b @1 :Int32; }',
    ['SCHEMA011 new:Int64'],
    '(a = 7, b = 8)',
  ],
  [
    'another type in a list',
    'struct T { a @0 :List(Int32); }',
    'struct T { a @0 :List(Int64); }',
    ['SCHEMA011 new:List(Int64)'],
  ],
  [
    'a list of bits that becomes one of structs',
    'struct T { a @0 :List(Bool); }',
    'struct T { a @0 :List(E); } struct E { b @0 :Bool; }',
    ['SCHEMA011 new:List(E)'],
  ],
  [
    'a list of other structs',
    'struct T { a @0 :List(Int32); }',
    'struct T { a @0 :List(E); } struct E { b @0 :Int16; }',
    ['SCHEMA011 new:List(E)'],
  ],
  [
    'a field that is gone',
    'struct T { a @0 :Int32; b @1 :Text; }',
    'struct T { a @0 :Int32; }',
    ['SCHEMA010 old:b'],
  ],
  [
    'another default',
    'struct T { a @0 :Int32 = 5; }',
    'struct T { a @0 :Int32 = 6; }',
    ['SCHEMA012 new:a'],
    '(a = 7)',
  ],
  [
    'a default that was none',
    'struct T { a @0 :Float64; }',
    'struct T { a @0 :Float64 = -0.0; }',
    ['SCHEMA012 new:a'],
  ],
  [
    'a constant that changed',
    'const m :Int8 = 1; struct T { a @0 :Int8 = .m; }',
    'const m :Int8 = 2; struct T { a @0 :Int8 = .m; }',
    ['SCHEMA012 new:a'],
  ],
  [
    'two old fields in a new union',
    'struct T { a @0 :Int32; b @1 :Int32; }',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; } }',
    ['SCHEMA013 new:u'],
    '(a = 7, b = 8)',
  ],
  [
    'an old field in an old union',
    'struct T { x @0 :Int32; u :union { a @1 :Int32; b @2 :Int32; } }',
    'struct T { u :union { x @0 :Int32; a @1 :Int32; b @2 :Int32; } }',
    ['SCHEMA013 new:u'],
    '(x = 1, u = (a = 7))',
  ],
  [
    'a field that leaves a union',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; c @2 :Int32; } }',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; } c @2 :Int32; }',
    ['SCHEMA013 new:u'],
  ],
  [
    'a member of a union that is gone',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; c @2 :Int32; } }',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; } }',
    ['SCHEMA010 old:c'],
  ],
  [
    'a union that is dissolved',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; } }',
    'struct T { a @0 :Int32; b @1 :Int32; }',
    ['SCHEMA013 old:u'],
  ],
  [
    'a tag that gets a number',
    'struct T { u :union { a @0 :Int32; b @1 :Int32; } }',
    'struct T { u @2! :union { a @0 :Int32; b @1 :Int32; } }',
    ['SCHEMA013 new:u'],
  ],
  [
    'numbers that were swapped',
    'struct T { a @0 :Int32; b @1 :Int32; }',
    'struct T { a @1 :Int32; b @0 :Int32; }',
    ['SCHEMA015 new:a', 'SCHEMA015 new:b'],
  ],
  [
    'enumerants',
    'enum E { a @0; b @1; c @2; }',
    'enum E { b @0; a @1; }',
    ['SCHEMA015 new:a', 'SCHEMA015 new:b', 'SCHEMA010 old:c'],
  ],
  ['a type that is gone', 'struct T {} struct U {}', 'struct U {}', ['SCHEMA014 old:T']],
  ['a type of another kind', 'struct T {}', 'enum T { a @0; }', ['SCHEMA016 new:T']],
  ['another id of a type', 'struct T {}', 'struct T @0xb1f0385d845e367f {}', ['SCHEMA016 new:T']],
  [
    'another id of the file',
    'struct T {}',
    '@0xdbb9ad1f14bf0b37; struct T {}',
    ['SCHEMA016 new:@0xdbb9ad1f14bf0b37'],
  ],
  ['a name that is not declared', 'struct T {}', 'struct T { a @0 :Nowhere; }', ['SCHEMA002 new:Nowhere']],
  [
    'a type of another file',
    'struct T {}',
    'using G = import "g.capnp"; struct T { a @0 :G.X; }',
    ['SCHEMA004 new:G.X'],
  ],
  [
    'aliases in a circle',
    'struct T {}',
    'using A = B; using B = A; struct T { a @0 :A; }',
    ['SCHEMA005 new:A'],
  ],
]

for (const [title, before, after, findings, written] of UNSAFE) {
  test(`unsafe: ${title}`, () => {
    const { value, diagnostics } = compare(before, after)
    const newSource = after.startsWith('@') ? after : ID + after
    const found = diagnostics.map(({ code, file, range }) => {
      const source = file === 'old' ? ID + before : newSource
      return `${code} ${file}:${source.slice(range!.start, range!.end)}`
    })
    assert.deepEqual(found, findings)
    assert.equal(value.compatible, false)
  })
  if (written !== undefined)
    test(`unsafe, shows the reference: ${title}`, { skip: NO_CAPNP }, () => {
      assert.notEqual(reread(before, after, written), reread(before, before, written))
    })
}

test('a type with another name and the id that the fix tells is the same', () => {
  const gone = compare('struct T { a @0 :Int32; }', 'struct U { a @0 :Int32; }').diagnostics[0]!
  const id = /@0x[0-9a-f]{16}$/.exec(gone.fix!)![0]
  const renamed = compare('struct T { a @0 :Int32; }', `struct U ${id} { a @0 :Int32; }`)
  assert.deepEqual(renamed, { value: { compatible: true, typesCompared: 1 }, diagnostics: [] })
})

/** A message that is written with one schema, as text of what the other reads. */
function reread(before: string, after: string, text: string): string {
  const files = { 'old.capnp': ID + before, 'new.capnp': ID + after }
  const bytes = capnp(['convert', 'text:binary', 'old.capnp', 'T'], files, text)
  return capnp(['convert', 'binary:text', 'new.capnp', 'T'], files, bytes).toString().replaceAll(/\s/g, '')
}
