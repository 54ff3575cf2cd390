import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseYaml } from './parse-yaml.ts'
import { splitDocuments } from './split-documents.ts'
import { nodeOf, placeOf, plainOf } from './yaml-node.ts'

const shownAt = (text: string, path: readonly (string | number)[], isKey = false) => {
  const { root } = parseYaml(text)
  assert.ok(root)
  const { start, end } = placeOf(root, path, isKey)
  return text.slice(start, end)
}

test('values and keys are found where they stand', () => {
  const text = 'a: 1\nb:\n  - c: "x y"\n  - { d: [e, f] }\n'
  assert.equal(shownAt(text, ['a']), '1')
  assert.equal(shownAt(text, ['a'], true), 'a')
  assert.equal(shownAt(text, ['b', 0, 'c']), '"x y"')
  assert.equal(shownAt(text, ['b', 1, 'd', 1]), 'f')
  assert.equal(shownAt(text, ['b', 1, 'none']), 'd')
  assert.equal(shownAt(text, ['b', 7]), 'b')
})

test('what programs make is the same as what a file says', () => {
  const value = { a: [1, 'x', true, null, { b: {} }] }
  assert.deepEqual(plainOf(nodeOf(value)), value)
  assert.deepEqual(plainOf(parseYaml(JSON.stringify(value)).root!), value)
})

test('a key may be called as anything', () => {
  const plain = plainOf(parseYaml('__proto__: { x: 1 }\nconstructor: y\n').root!) as object
  assert.equal(Object.getPrototypeOf(plain), Object.prototype)
  assert.deepEqual(Object.keys(plain), ['__proto__', 'constructor'])
})

for (const [name, text, kind] of [
  ['no YAML', 'a: [1\nb: }', 'syntax'],
  ['a tab', 'a:\n\tb: 1', 'syntax'],
  ['an alias for nothing', 'a: *b', 'syntax'],
  ['an alias for itself', 'a: &a [*a]', 'syntax'],
  ['a key twice', 'a: 1\na: 2', 'duplicateKey'],
  ['a list as a key', '? [a]\n: 1', 'syntax'],
  ['too many levels', `${'['.repeat(40)}${']'.repeat(40)}`, 'tooLarge'],
  ['very many levels', '['.repeat(100_000), 'tooLarge'],
  ['very deep lists', '- '.repeat(100_000), 'tooLarge'],
  ['too long', `a: ${'x'.repeat(1 << 20)}`, 'tooLarge'],
  ['many aliases', `a: &a 1\nb: [${'*a,'.repeat(101)}]`, 'tooLarge'],
  [
    'a billion laughs',
    ['a: &a [1,1,1,1,1,1,1,1,1]', ...'bcdefgh'].reduce(
      (text, name) =>
        `${text}\n${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)},`.repeat(9)}]`,
    ),
    'tooLarge',
  ],
  ['many keys', Array.from({ length: 60_000 }, (_, key) => `k${key}: 1`).join('\n'), 'tooLarge'],
] as const)
  test(`${name} is told`, () => {
    assert.equal(parseYaml(text).problems[0]?.kind, kind)
  })

test('aliases are written out', () => {
  assert.deepEqual(plainOf(parseYaml('a: &x { b: 1 }\nc: *x').root!), { a: { b: 1 }, c: { b: 1 } })
})

test('documents are split where YAML says', () => {
  const file = '# first\n---\na: 1\n--- # second\nb: |\n  ---\n  x\n...\n\n---\n---\nc: ---x\n'
  const documents = splitDocuments(file)
  assert.deepEqual(
    documents.map(({ text }) => plainOf(parseYaml(text).root!)),
    [{ a: 1 }, { b: '---\nx\n' }, { c: '---x' }],
  )
  for (const { text, start } of documents) assert.equal(file.slice(start, start + text.length), text)
  assert.deepEqual(splitDocuments('\n# nothing\n'), [])
})

test('whatever stands there, it is read or told', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '"',
    "'",
    '|',
    '>',
    '!!x ',
    '#',
    '? ',
    '\t',
    '---',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      for (const { text } of splitDocuments(pieces.join(''))) {
        const { root, problems } = parseYaml(text)
        assert.ok(root !== undefined || problems.length > 0 || /^\s*(#.*|!!x.*|&a.*|\s)*$/.test(text), text)
        for (const { range } of problems) assert.ok(range.start < range.end)
      }
    }),
    { seed: 8, numRuns: 2000 },
  )
})
