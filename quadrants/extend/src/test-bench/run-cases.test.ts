import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { goFilter } from '../testing/go-filter.ts'
import { NEEDS_GO } from '../testing/go-guest.ts'
import { checkCases } from './check-cases.ts'
import { runCases, type CaseResult } from './run-cases.ts'

async function run(source: string, folder = 'guest/hostilefilter'): Promise<readonly CaseResult[]> {
  const { value, diagnostics } = checkCases(source, 'cases.yaml')
  assert.deepEqual(diagnostics, [])
  assert.ok(value !== undefined)
  return await Array.fromAsync(runCases(goFilter(folder), value))
}

/** What is wrong, each with the text that it is about. */
async function failures(source: string): Promise<readonly string[]> {
  const results = await run(source)
  return results.flatMap((result) =>
    result.failures.map(({ message, range }) => `${source.slice(range?.start, range?.end)}: ${message}`),
  )
}

const rows: readonly (readonly [expect: string, failure: string])[] = [
  ['{ outcome: answered }', 'answered: it was passed, not answered'],
  ['{ response: { status: 404 } }', '404: the status is 200'],
  [
    '{ response: { headers: { x-requests: "7" } } }',
    '{ x-requests: "7" }: x-requests of the response is "1", not "7"',
  ],
  ['{ response: { headers: { x-none: a } } }', '{ x-none: a }: the response has no x-none'],
  ['{ response: { absent: [x-requests] } }', '[x-requests]: the response has x-requests: "1"'],
  ['{ response: { body: other } }', 'other: the body of the response is "hello", not "other"'],
  ['{ request: { headers: { ":path": /b } } }', '{ ":path": /b }: :path of the request is "/a", not "/b"'],
  ['{ logs: [never] }', '[never]: no line that it logged has "never"; there were 0'],
  ['{ metrics: { none: 1 } }', '{ none: 1 }: the metric none is not there, not 1'],
  ['{ crash: fuel }', 'fuel: the filter is not over'],
]

for (const [expect, failure] of rows) {
  test(`what was expected and did not come is told at its place: ${expect}`, NEEDS_GO, async () => {
    const source = `cases: [{ name: one, request: { path: /a }, response: { body: hello }, expect: ${expect} }]`
    assert.deepEqual(await failures(source), [failure])
  })
}

test('a filter that is over fails a case, unless that is expected', NEEDS_GO, async () => {
  const request = '{ headers: { x-deed: trap } }'
  assert.match(
    (await failures(`cases: [{ name: one, request: ${request} }]`)).join('\n'),
    /the filter is over: trap/,
  )
  const expected = `cases: [{ name: one, request: ${request}, expect: { outcome: answered, crash: trap } }]`
  assert.deepEqual(await failures(expected), [])
})

test('a filter that waits for nothing is told to wait', NEEDS_GO, async () => {
  assert.deepEqual(
    await failures(
      'cases: [{ name: one, request: { headers: { x-deed: wait } }, expect: { outcome: waiting } }]',
    ),
    [],
  )
})

test('a case ends alike each time', NEEDS_GO, async () => {
  const source = 'cases: [{ name: one }, { name: two }]'
  assert.deepEqual(await run(source), await run(source))
})

test('mistakes of the file are told with their place', () => {
  const source = 'cases:\n  - name: one\n    expect: { outcom: passed }\n'
  const { value, diagnostics } = checkCases(source, 'cases.yaml')
  assert.equal(value, undefined)
  assert.deepEqual(
    diagnostics.map(({ code, range, fix }) => [code, source.slice(range?.start, range?.end), fix]),
    [['FTEST002', 'outcom', 'outcome']],
  )
})

test('no text makes the check throw', () => {
  const word = fc.constantFrom(
    'cases',
    'name',
    'expect',
    'request',
    'response',
    ':',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '"',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 4 })), { maxLength: 60 }), (words) => {
      checkCases(words.join(''))
    }),
    { numRuns: 1000, seed: 1 },
  )
})

const connectionRows: readonly (readonly [
  connection: string,
  expect: string,
  failures: readonly string[],
])[] = [
  ['[{ client: "\\x00\\xff" }]', '{ outcome: passed, to_upstream: "\\x00\\xff", to_client: "" }', []],
  ['[{ client: a }, { upstream: b, after: 1s }]', '{ to_client: b }', []],
  ['[{ client: a }]', '{ outcome: closed }', ['closed: it was passed, not closed']],
  ['[{ client: a }]', '{ to_upstream: b }', ['b: the upstream got "a", not "b"']],
  ['[{ client: a }]', '{ to_client: b }', ['b: the client got "", not "b"']],
]

for (const [connection, expect, expected] of connectionRows) {
  test(`connections pass as they do in a gateway: ${connection}, ${expect}`, NEEDS_GO, async () => {
    const source = `cases: [{ name: one, connection: ${connection}, expect: ${expect} }]`
    assert.deepEqual(await failures(source), expected)
  })
}

test('a step is of one side, of bytes, and of a connection alone', () => {
  const source =
    'cases: [{ name: one, request: { path: /a }, connection: [{ client: a, upstream: b }, { client: "€" }, {}] }]'
  const { diagnostics } = checkCases(source)
  assert.deepEqual(
    diagnostics.map(({ message }) => message.replaceAll('`', '')),
    [
      'a connection has no request',
      'a step is of the client or of the upstream',
      'each character of client is a byte, up to \\xff',
      'a step is of the client or of the upstream',
    ],
  )
})
