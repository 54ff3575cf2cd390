import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PathRules } from '../config/listener-spec.ts'
import { normalizePath } from './normalize-path.ts'

const STRICT: PathRules = { isNormalized: true, mergeSlashes: true, escapedSlashes: 'reject' }

const PASSED: readonly (readonly [target: string, path: string, rules?: Partial<PathRules>])[] = [
  ['/', '/'],
  ['*', '*'],
  ['/a/b?x=/../%00', '/a/b?x=/../%00'],
  ['/a//b///', '/a/b/'],
  ['/a//b', '/a//b', { mergeSlashes: false }],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/a/..', '/'],
  ['/a/../../b', '/a/../../b', { isNormalized: false }],
  ['/.well-known/x', '/.well-known/x'],
  ['/a/...', '/a/...'],
  ['/a/.b./c', '/a/.b./c'],
  ['/%61%2D%5f%7E', '/a-_~'],
  ['/%2e%2E/', '/%2e%2E/', { isNormalized: false, escapedSlashes: 'keep' }],
  ['/a/%2e%2e/b', '/b'],
  ['/a/%2e/b', '/a/b'],
  ['/%c3%a4%20', '/%C3%A4%20'],
  ['/%252e%252e/', '/%252e%252e/'],
  ['/a%2fb', '/a%2Fb', { escapedSlashes: 'keep' }],
  ['/a%2Fb%5cc', '/a/b/c', { escapedSlashes: 'unescape' }],
  ['/a/x%2f..%2fb', '/a/b', { escapedSlashes: 'unescape' }],
  ['/a?%2f', '/a?%2f'],
  ['/a?', '/a?'],
  ["/a;b=c,d!$&'()+:@", "/a;b=c,d!$&'()+:@"],
]

for (const [target, path, rules] of PASSED)
  test(`${target} becomes ${path}${rules ? ` with ${JSON.stringify(rules)}` : ''}`, () => {
    assert.deepEqual(normalizePath(target, { ...STRICT, ...rules }), { kind: 'pass', path })
  })

const REFUSED: readonly (readonly [target: string, reason: string, rules?: Partial<PathRules>])[] = [
  ['', 'form'],
  ['http://a/', 'form'],
  ['a/b', 'form'],
  ['/a%00', 'nul', { escapedSlashes: 'keep' }],
  ['/a%0', 'escape'],
  ['/a%', 'escape'],
  ['/a%zz', 'escape'],
  ['/a%2fb', 'escaped-slash'],
  ['/a%5Cb', 'escaped-slash'],
  ['/a\\b', 'backslash'],
  ['/a#b', 'characters'],
  ['/a?b#c', 'characters'],
  ['/a b', 'characters'],
  ['/a\tb', 'characters'],
  ['/a\u0080', 'characters'],
  ['/a?\u007f', 'characters'],
  ['/..', 'above-root'],
  ['/a/../..', 'above-root'],
  ['//../a', 'above-root'],
  ['/%2e%2e/a', 'above-root'],
  ['/..%2fa', 'above-root', { escapedSlashes: 'unescape' }],
  ['/a/..;/b', 'above-root'],
  ['/a/%2e%2e;x=1/b', 'above-root'],
]

for (const [target, reason, rules] of REFUSED)
  test(`${JSON.stringify(target)} is refused: ${reason}`, () => {
    assert.deepEqual(normalizePath(target, { ...STRICT, ...rules }), { kind: 'reject', reason })
  })

test('a client is sent to where slashes are written out', () => {
  const rules: PathRules = { ...STRICT, escapedSlashes: 'redirect' }
  assert.deepEqual(normalizePath('/a%2fb?c', rules), { kind: 'redirect', path: '/a/b?c' })
  const unmerged = { ...rules, mergeSlashes: false }
  for (const target of ['/%2Fevil.example/', '//evil.example/a%2fb', '/.//evil.example/%2f'])
    assert.equal(normalizePath(target, unmerged).kind, 'reject', target)
  assert.deepEqual(normalizePath('/a/b', rules), { kind: 'pass', path: '/a/b' })
})

const target = fc
  .array(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '%25',
      '%',
      'a',
      '2',
      'e',
      'f',
      ';',
      '?',
      '\\',
      '%41',
      '//',
    ),
    { maxLength: 16 },
  )
  .map((parts) => `/${parts.join('')}`)
const rules = fc.record({
  isNormalized: fc.constant(true),
  mergeSlashes: fc.constant(true),
  escapedSlashes: fc.constantFrom('keep', 'reject', 'unescape', 'redirect'),
}) as fc.Arbitrary<PathRules>

test('what has passed has one spelling, and nothing that others read otherwise', () => {
  fc.assert(
    fc.property(target, rules, (one, own) => {
      const outcome = normalizePath(one, own)
      if (outcome.kind === 'reject') return
      const [path = ''] = outcome.path.split('?')
      assert.doesNotMatch(path, /\/\/|\\|\/\.{1,2}(?:[/;]|$)|%(?![0-9A-F]{2})|%00|%2E|%61/)
      if (own.escapedSlashes !== 'keep') assert.doesNotMatch(path, /%2F|%5C/i)
      // Doing it again changes nothing.
      assert.deepEqual(normalizePath(outcome.path, own), { kind: 'pass', path: outcome.path })
      // The URL standard agrees about where it leads.
      if (own.escapedSlashes === 'keep' && !/;|%(?!25)/.test(one))
        assert.equal(new URL(`http://a${outcome.path}`).pathname, path)
    }),
    { seed: 10, numRuns: 3000 },
  )
})
