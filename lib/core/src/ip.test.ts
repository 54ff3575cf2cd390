import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, isLoopback, parseAddress } from './ip.ts'

const CASES: readonly (readonly [text: string, canonical: string | undefined])[] = [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['256.1.1.1', undefined],
  ['01.1.1.1', undefined],
  ['1.1.1', undefined],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:0a00:0001', '10.0.0.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1::2::3', undefined],
  [':1', undefined],
  ['1:', undefined],
  ['12345::', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
]

for (const [text, canonical] of CASES)
  test(`parseAddress(${JSON.stringify(text)}) is ${canonical ?? 'refused'}`, () => {
    const bytes = parseAddress(text)
    assert.equal(bytes && formatAddress(bytes), canonical)
  })

test('what is printed is read back, and node:net agrees that it is an address', () => {
  const addresses = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), { minLength: 16, maxLength: 16 }),
  )
  fc.assert(
    fc.property(addresses, (bytes) => {
      const text = formatAddress(Uint8Array.from(bytes))
      assert.notEqual(isIP(text), 0)
      const back = parseAddress(text)
      assert.ok(back)
      assert.equal(formatAddress(back), text)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('node:net and parseAddress accept the same texts', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.'), maxLength: 20 })
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0)
    }),
    { seed: 2, numRuns: 2000 },
  )
})

test('loopback in each spelling', () => {
  for (const text of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.equal(isLoopback(parseAddress(text)!), true, text)
  for (const text of ['128.0.0.1', '::2', '::', '::ffff:10.0.0.1'])
    assert.equal(isLoopback(parseAddress(text)!), false, text)
})
