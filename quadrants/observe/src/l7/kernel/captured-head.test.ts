import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseHead } from './captured-head.ts'

const NONE: ReadonlySet<string> = new Set()

function check(text: string, expected: readonly string[]): void {
  const { startLine, fields } = parseHead(text, new Set(['x-mine']))
  assert.deepEqual([startLine, ...fields.map(([name, value]) => `${name}=${value}`)], expected)
}

test('start line and fields, without secrets', () => {
  check('GET /a?k=s HTTP/1.1\r\nHost: b\r\nCOOKIE: s\r\nX-Mine:s\r\n\r\n', [
    'GET /a?*** HTTP/1.1',
    'Host=b',
    'COOKIE=***',
    'X-Mine=***',
  ])
  check('GET http://me:s@b/a HTTP/1.1\nReferer: https://me:s@c/?s\n', [
    'GET http://***@b/a HTTP/1.1',
    'Referer=https://***@c/?***',
  ])
  check('HTTP/1.1 302 Found\r\nLocation: /next?s\r\nSet-Cookie: s', [
    'HTTP/1.1 302 Found',
    'Location=/next?***',
    'Set-Cookie=***',
  ])
})

test('a secret that goes on in the next line is left out', () => {
  check('GET / HTTP/1.1\r\nAuthorization: Basic\r\n s: t\r\n\tu:v\r\nA: b', [
    'GET / HTTP/1.1',
    'Authorization=***',
    'A=b',
  ])
})

test('any bytes are read, and are not more than there were', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\r\n', ':', ' ', '?', '//', '@', 'cookie:'),
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join('')
      const { fields } = parseHead(text, NONE)
      assert.ok(fields.length <= text.split('\n').length)
      for (const [name, value] of fields)
        if (name.toLowerCase().trim() === 'cookie') assert.equal(value, '***')
    }),
    { seed: 5, numRuns: 200 },
  )
})
