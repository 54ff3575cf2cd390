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
  `build:sha256:${'0123456789abcdef'.repeat(4)}`,
  'mod:golang.org/x/net@v0.31.0',
  'mod:example.com/shop/cart@(devel)',
  'mod:example.com/a@v2.0.0+incompatible',
  'mod:../with@sign/local@v0.0.0',
  'mod:../local',
  'go:1.26.8',
  `wasm:sha256:${'0123456789abcdef'.repeat(4)}`,
  `key:sha256:${'0123456789abcdef'.repeat(4)}`,
  'filter:auth@7',
  'gateway:edge-1',
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
  'build:sha256:12',
  `build:md5:${'0123456789abcdef'.repeat(4)}`,
  `build:sha256:${'0123456789ABCDEF'.repeat(4)}`,
  'mod:@v1.0.0',
  'mod:golang.org/x/net@',
  'go:',
  'wasm:sha256:12',
  'filter:auth',
  'filter:auth@0',
])
  test(`${JSON.stringify(text.slice(0, 12))} is refused with a fix`, () => {
    const { value, diagnostics } = parseCoordinate(text)
    assert.equal(value, undefined)
    assert.equal(diagnostics[0]?.code, 'COORD001')
    assert.ok(diagnostics[0].fix)
  })

test('a module is taken apart at its last @', () => {
  const check = (text: string, path: string, version: string) =>
    assert.deepEqual(parseCoordinate(text).value, { kind: 'mod', path, version })
  check('mod:golang.org/x/net@v0.31.0', 'golang.org/x/net', 'v0.31.0')
  check('mod:../with@sign/local@v1.0.0', '../with@sign/local', 'v1.0.0')
  check('mod:./local', './local', '')
})
