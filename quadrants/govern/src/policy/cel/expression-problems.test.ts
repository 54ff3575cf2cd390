import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { POLICY_CODES } from '../codes.ts'
import { findExpressionProblems } from './expression-problems.ts'

const REQUEST = { result: 'bool', moment: 'request' } as const
const RESPONSE = { result: 'bool', moment: 'response' } as const

for (const text of [
  'true',
  "request.method == 'GET' && request.path.startsWith('/cart')",
  "'x-debug' in request.headers && request.headers['x-debug'] == '1'",
  "request.headers['a'].matches('^[a-z]+$') || request.headers.b.contains('c')",
  'request.size > 100 && request.time.getHours() < 6',
  "request.time - timestamp('2026-01-01T00:00:00Z') > duration('1h')",
  'has(request.headers.a) ? size(request.headers.a) > 3 : request.headers.size() == 0',
  "['GET', 'HEAD'].exists(m, m == request.method)",
  "request.headers.all(name, name.startsWith('x-') || name.size() < 40)",
  '[1, 2, 3].map(x, x * 2).filter(x, x > 2).size() == 2',
  "['a'].exists(x, ['b'].exists_one(y, x + y == request.host))",
  "metadata.filter_metadata['envoy.filters.http.jwt_authn']['login'].sub == 'me'",
  "connection.mtls && connection.uri_san_peer_certificate.endsWith('/sa/web')",
  'source.port != 0 && double(source.port) * 1.5 > 2.0 && -1 < 2 && 5u % 2u == 1u',
  "{'a': 1}['a'] == 1 && dyn(1) == 'x' && type(1) == int",
  "(request.method == 'GET' ? 1 : 2) == 1 && !connection.mtls",
])
  test(`\`${text}\` is right`, () => {
    assert.deepEqual(findExpressionProblems(text, REQUEST), [])
  })

for (const [text, code, marked, use] of [
  ['request.method ==', 'celSyntax', '', REQUEST],
  ['request.metod == 1', 'celUnknownName', 'metod', REQUEST],
  ['reqest.method', 'celUnknownName', 'reqest', REQUEST],
  ['request.size == "1"', 'celType', '==', REQUEST],
  ['request.path.startWith("/")', 'celUnknownFunction', 'startWith', REQUEST],
  ['startsWith(request.path, "/")', 'celUnknownFunction', 'startsWith', REQUEST],
  ['request.path.startsWith(1)', 'celType', 'startsWith', REQUEST],
  ['request.method', 'celResult', 'request.method', REQUEST],
  ['request.size + 1 > 2.0', 'celType', '>', REQUEST],
  ['response.code == 200', 'celTooEarly', 'response', REQUEST],
  ['request.duration > duration("1s")', 'celTooEarly', 'duration', REQUEST],
  ['response.cod == 200', 'celUnknownName', 'cod', RESPONSE],
  ['request.method && true', 'celType', 'r', REQUEST],
  ['[1].exists(x, x + 1)', 'celType', '+', REQUEST],
  ['request.path.exists(x, true)', 'celType', 'exists', REQUEST],
  ['request.headers[1] == "a"', 'celType', '[', REQUEST],
  ['1 in ["a"]', 'celType', 'in', REQUEST],
  ['request.method.x == 1', 'celType', 'x', REQUEST],
  ['Thing{a: 1} == 1', 'celUnknownName', '', REQUEST],
  ['-request.method == ""', 'celType', '-', REQUEST],
  [`${'('.repeat(200)}1${')'.repeat(200)}`, 'celTooLarge', '(', REQUEST],
  [`${'1 + '.repeat(2000)}1`, 'celTooLarge', '1', REQUEST],
  [`${'['.repeat(100)}${']'.repeat(100)} == []`, 'celTooLarge', '[', REQUEST],
] as const)
  test(`of \`${text.slice(0, 40)}\` it is told what is wrong`, () => {
    const [problem, ...more] = findExpressionProblems(text, use)
    assert.deepEqual(more, [])
    assert.equal(problem?.code, code, JSON.stringify(problem))
    if (marked !== '') assert.ok(text.slice(problem.start).startsWith(marked), text.slice(problem.start))
  })

test('an expression of anything is read or told, and never takes long', () => {
  const piece = fc.constantFrom(
    'request',
    '.',
    'path',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    "'",
    '"',
    '==',
    '&&',
    '!',
    '?',
    ':',
    '1',
    '.exists',
    'x',
    ',',
    ' ',
    '\\',
    'has(',
    '-',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('')
      for (const { code, start, end, message } of findExpressionProblems(text, RESPONSE)) {
        assert.ok(code in POLICY_CODES)
        assert.ok(start >= 0 && start < end && message !== '')
      }
    }),
    { seed: 8, numRuns: 1500 },
  )
})
