import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDiagnostic } from './diagnostic.ts'

test('points at the place in its line', () => {
  const source = 'first\n  form:shop x\nlast'
  const text = formatDiagnostic(
    {
      code: 'QRY001',
      severity: 'error',
      message: 'unknown field `form`',
      file: 'a.txt',
      range: { start: 8, end: 17 },
      fix: 'from:shop',
    },
    source,
  )
  assert.equal(
    text,
    [
      'error[QRY001] a.txt:2:3 unknown field `form`',
      '    form:shop x',
      '    ^^^^^^^^^',
      'fix: from:shop',
    ].join('\n'),
  )
})

test('a range over several lines is marked on the first, and an empty one by one caret', () => {
  assert.match(
    formatDiagnostic(
      { code: 'X', severity: 'info', message: 'm', range: { start: 0, end: 9 } },
      'ab\ncdefgh',
    ),
    /\n {2}\^\^$/,
  )
  assert.match(
    formatDiagnostic({ code: 'X', severity: 'info', message: 'm', range: { start: 2, end: 2 } }, 'ab'),
    /\n {4}\^$/,
  )
})
