import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseHead } from './captured-head.ts'

const NAMES = { headers: ['x-mine'], parameters: ['mine'] }

function check(text: string, expected: readonly string[]): void {
  const { method, target, fields } = parseHead(text, NAMES)
  assert.deepEqual([`${method} ${target}`, ...fields.map(({ name, value }) => `${name}=${value}`)], expected)
}

test('start line and fields, without secrets', () => {
  check('GET /a?token=s&mine=t&page=2 HTTP/1.1\r\nHost: b\r\nCOOKIE: s\r\nX-Mine:s\r\n\r\n', [
    'GET /a?token=[redacted]&mine=[redacted]&page=2',
    'host=b',
    'cookie=[redacted]',
    'x-mine=[redacted]',
  ])
  check('HTTP/1.1 302 Found\r\nLocation: /next?token=s\r\nSet-Cookie: s', [
    'HTTP/1.1 302',
    'location=/next?token=[redacted]',
    'set-cookie=[redacted]',
  ])
  assert.equal(parseHead('GET /a/b?c#d HTTP/1.1\n', {}).path, '/a/b')
})

test('a secret that goes on in the next line is left out', () => {
  check('GET / HTTP/1.1\r\nAuthorization: Basic\r\n s: t\r\n\tu:v\r\nA: b', [
    'GET /',
    'authorization=[redacted]',
    'a=b',
  ])
})

test('the trace context is that of W3C', () => {
  const parent = (value: string) => parseHead(`GET / HTTP/1.1\r\nTraceParent: ${value}\r\n`, {}).traceParent
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  assert.deepEqual(parent(`00-${traceId}-${spanId}-01`), { traceId, spanId, flags: 1 })
  assert.deepEqual(parent(`cc-${traceId}-${spanId}-01-more`), { traceId, spanId, flags: 1 })
  for (const value of [
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    '',
  ])
    assert.equal(parent(value), undefined, value)
})

test('any bytes are read, and are not more than there were', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\r\n', ':', ' ', '?', '//', '@', 'cookie:'),
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join('')
      const { fields, omitted } = parseHead(text, {})
      assert.ok(fields.length + omitted <= text.split('\n').length)
      for (const { name, value } of fields)
        if (name === 'cookie' && value !== '') assert.equal(value, '[redacted]')
    }),
    { seed: 5, numRuns: 200 },
  )
})
