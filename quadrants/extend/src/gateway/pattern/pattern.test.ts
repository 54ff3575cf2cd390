import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compilePattern, patternProblem } from './compile-pattern.ts'
import { substitutionParts } from './pattern-replacer.ts'

const MATCHES: readonly (readonly [
  pattern: string,
  matching: readonly string[],
  others: readonly string[],
])[] = [
  ['', [''], ['a']],
  ['/shop', ['/shop'], ['/shop/', 'x/shop', '/sho']],
  ['/user/\\d+', ['/user/1', '/user/123'], ['/user/', '/user/1a', '/user/1/']],
  ['/v[12](?:/.*)?', ['/v1', '/v2/x/y'], ['/v3', '/v1x']],
  ['^/a$', ['/a'], ['/a/', '/']],
  ['a|b|', ['a', 'b', ''], ['ab']],
  ['[^/]+', ['abc', '%20'], ['a/b', '']],
  ['[a-c-]{2,3}', ['a-', 'abc'], ['a', 'abca', 'ad']],
  ['[]a]+', [']a'], ['b']],
  ['(?i)/Shop/[a-f]', ['/shop/A', '/SHOP/f'], ['/shop/g']],
  ['(?i)[^a]', ['b', 'B'], ['a', 'A']],
  ['a.c', ['abc', 'a/c', 'a\xffc'], ['a\nc', 'ac']],
  ['(?s)a.c', ['a\nc'], []],
  ['x{3}', ['xxx'], ['xx', 'xxxx']],
  ['x{2,}', ['xx', 'xxxxx'], ['x']],
  ['\\x2fa\\.\\w', ['/a._'], ['/ab_']],
  ['\\x{41}', ['A'], ['a']],
  ['ä', ['\xc3\xa4'], ['\xe4']],
  ['(?P<id>\\d)(?<x>a)', ['1a'], ['a1']],
  ['\\D\\W\\S', ['a-b'], ['1-b', 'aab', 'a- ']],
  ['(a*)*b', ['b', 'aaab'], ['a'.repeat(30)]],
  ['a$b', [], ['ab', 'a', 'b']],
  ['(?:^a|b)+', ['a', 'b', 'ab', 'bb'], ['ba', 'aa']],
]

for (const [source, matching, others] of MATCHES)
  test(`${JSON.stringify(source)} has the whole of what it should, and nothing else`, () => {
    const pattern = compilePattern(source)
    for (const text of matching) assert.ok(pattern.matches(text), JSON.stringify(text))
    for (const text of others) assert.ok(!pattern.matches(text), JSON.stringify(text))
  })

test('a character that is no byte is never matched', () => {
  assert.ok(!compilePattern('.').matches('Ā'))
})

const REPLACEMENTS: readonly (readonly [
  pattern: string,
  substitution: string,
  text: string,
  result: string,
])[] = [
  ['^/service/([^/]+)(/.*)$', '\\2/instance/\\1', '/service/foo/v1/api', '/v1/api/instance/foo'],
  ['one', 'two', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/two/zzz'],
  ['(?i)/xxx/', '/yyy/', '/aaa/XxX/bbb', '/aaa/yyy/bbb'],
  ['^(.*?)one(.*)$', '\\1two\\2', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/one/zzz'],
  ['(a+)(b+)?', '<\\0|\\2>', 'aab-a', '<aab|b>-<a|>'],
  ['b*', 'X', 'abc', 'XaXcX'],
  ['(a|ab)(c|bcd)', '[\\1,\\2]', 'abcd', '[a,bcd]'],
  ['x', '\\\\', 'axb', 'a\\b'],
  ['none', 'x', '/path', '/path'],
]

for (const [source, substitution, text, result] of REPLACEMENTS)
  test(`${source} in ${text} becomes ${result}`, () => {
    assert.equal(compilePattern(source).replaceAll(text, substitutionParts(substitution)), result)
  })

const REFUSED: readonly (readonly [pattern: string, message: RegExp, offset: number])[] = [
  ['(a', /`\(` without/, 0],
  ['a)', /`\)` without/, 1],
  ['[a', /`\[` without/, 0],
  ['*a', /repeats nothing/, 0],
  ['a**', /repetition of a repetition/, 2],
  ['a{2,1}', /ends before/, 1],
  ['a{1001}', /more than 1000/, 1],
  ['(?=a)', /looks around/, 0],
  ['(a)\\1', /asked for again/, 3],
  ['\\bword', /not understood/, 0],
  ['\\pL', /not understood/, 0],
  ['[[:alpha:]]', /classes in words/, 1],
  ['[z-a]', /ends before/, 4],
  ['a\\', /at the end/, 1],
  ['{', /opens or closes nothing/, 0],
  ['(((a{100}){100}){100})', /more than 2000 steps/, 0],
  ['('.repeat(60) + ')'.repeat(60), /more than 50 groups/, 50],
  ['a'.repeat(2000), /longer than/, 0],
]

for (const [source, message, offset] of REFUSED)
  test(`${source.slice(0, 30)} is refused: ${message.source}`, () => {
    const problem = patternProblem(source)
    assert.match(problem?.message ?? '', message)
    assert.equal(problem?.offset, offset)
  })

interface Generated {
  readonly source: string
  readonly isNullable: boolean
}

/** Patterns that mean the same to JavaScript. */
const generated: fc.Arbitrary<Generated> = fc.letrec<{ node: Generated }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'pattern' },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w').map((source) => ({ source, isNullable: false })),
    fc.constantFrom('^', '$').map((source) => ({ source, isNullable: true })),
    fc.array(tie('node'), { maxLength: 3 }).map((nodes) => ({
      source: nodes.map(({ source }) => source).join(''),
      isNullable: nodes.every(({ isNullable }) => isNullable),
    })),
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((nodes) => ({
      source: `(?:${nodes.map(({ source }) => source).join('|')})`,
      isNullable: nodes.some(({ isNullable }) => isNullable),
    })),
    // What matches nothing is not repeated: engines disagree about how often.
    fc
      .tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?', '+?', '??'))
      .map(([{ source, isNullable }, mark]) =>
        isNullable
          ? { source, isNullable }
          : { source: `(${source})${mark}`, isNullable: !/^[+{]/.test(mark) },
      ),
  ),
})).node

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 10 })

test('patterns match what they match in JavaScript', () => {
  fc.assert(
    fc.property(generated, fc.array(text, { maxLength: 8 }), ({ source }, texts) => {
      const pattern = compilePattern(source)
      const native = new RegExp(`^(?:${source})$`)
      for (const one of texts) assert.equal(pattern.matches(one), native.test(one), `${source} in ${one}`)
    }),
    { seed: 7, numRuns: 2000 },
  )
})

test('matches begin and end where they do in JavaScript', () => {
  fc.assert(
    fc.property(generated, text, ({ source }, one) => {
      const native = new RegExp(source, 'g')
      let [expected, copied] = ['', 0]
      for (const match of one.matchAll(native)) {
        const end = match.index + match[0].length
        if (match[0] === '' && match.index === copied && copied > 0 && match.index > 0) continue
        expected += `${one.slice(copied, match.index)}<${match[0]}>`
        copied = end
      }
      expected += one.slice(copied)
      assert.equal(compilePattern(source).replaceAll(one, substitutionParts('<\\0>')), expected, source)
    }),
    { seed: 8, numRuns: 2000 },
  )
})

test('whatever text is called a pattern, it is taken or refused', () => {
  const unit = fc.constantFrom(...'ab()[]{}|*+?.^$\\-,:<>0123xdwPi')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 24 }), (source) => {
      if (patternProblem(source) === undefined) compilePattern(source).matches('ab1')
    }),
    { seed: 9, numRuns: 3000 },
  )
})

test('what makes others try for ever is over at once', () => {
  const long = 'a'.repeat(20_000)
  assert.ok(!compilePattern('(a|aa)+b').matches(long))
  assert.ok(!compilePattern('(.*a){20}b').matches(long))
  assert.equal(compilePattern('(a*)*$').replaceAll(`${long}!`, ['x']), `${long}!x`)
})

test('a text that needs more states than are kept is matched all the same', () => {
  const pattern = compilePattern('.*a.{900}')
  let seed = 1
  for (let round = 0; round < 2; round++) {
    let text = ''
    for (let count = 0; count < 1500; count++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
      text += ((seed >> 16) & 1) === 1 ? 'a' : 'b'
    }
    for (const last of 'ab') {
      const whole = `${text}${last}${'b'.repeat(900)}`
      assert.equal(pattern.matches(whole), last === 'a')
      assert.equal(pattern.matches(`${whole}\u0100`), false)
    }
  }
  assert.equal(pattern.matches('b'.repeat(5000)), false)
})
