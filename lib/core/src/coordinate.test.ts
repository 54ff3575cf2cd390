import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCoordinate, parseCoordinate } from './coordinate.ts'

for (const text of [
  'svc:checkout',
  'proc:web-1/4711@1732390000123',
  'proc:a/b/1@2',
  'host:web-1',
  'addr:10.0.0.7',
  'addr:2001:db8::1',
  'other:edge-limit',
])
  test(`${text} is read and printed alike`, () => {
    const { value, diagnostics } = parseCoordinate(text)
    assert.deepEqual(diagnostics, [])
    assert.equal(formatCoordinate(value!), text)
  })

for (const text of [
  '',
  'svc',
  'svc:',
  ':x',
  'nope:x',
  'proc:web-1',
  'proc:web-1/12',
  `svc:${'x'.repeat(600)}`,
])
  test(`${JSON.stringify(text.slice(0, 12))} is refused with a fix`, () => {
    const { value, diagnostics } = parseCoordinate(text)
    assert.equal(value, undefined)
    assert.equal(diagnostics[0]?.code, 'COORD001')
    assert.ok(diagnostics[0].fix)
  })
