import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatSpiffeId, parseSpiffeId } from './spiffe-id.ts'

/** Cases of SPIFFE-ID 2, and of its conformance in go-spiffe. */
const ROWS: readonly (readonly [text: string, reason: RegExp | undefined])[] = [
  ['spiffe://shop.example', undefined],
  ['spiffe://shop.example/ns/web/sa/cart', undefined],
  ['spiffe://a_b-c.1/x_y-z.9/A', undefined],
  ['spiffe://shop.example/...', undefined],
  ['', /does not begin with/],
  ['SPIFFE://shop.example/a', /does not begin with/],
  ['http://shop.example/a', /does not begin with/],
  ['spiffe:/shop.example/a', /does not begin with/],
  ['spiffe://', /is empty/],
  ['spiffe:///a', /is empty/],
  ['spiffe://Shop.example/a', /trust domain/],
  ['spiffe://shop.example:8080/a', /trust domain/],
  ['spiffe://user@shop.example/a', /trust domain/],
  ['spiffe://shop%2eexample/a', /trust domain/],
  ['spiffe://shop.example/', /empty segment/],
  ['spiffe://shop.example/a/', /empty segment/],
  ['spiffe://shop.example//a', /empty segment/],
  ['spiffe://shop.example/.', /segment \./],
  ['spiffe://shop.example/a/../b', /segment \.\./],
  ['spiffe://shop.example/a%20b', /characters in its path/],
  ['spiffe://shop.example/a?b', /characters in its path/],
  ['spiffe://shop.example/a#b', /characters in its path/],
  ['spiffe://shop.example/ü', /characters in its path/],
  [`spiffe://${'a'.repeat(256)}/a`, /255 bytes/],
  [`spiffe://shop.example/${'a'.repeat(2048)}`, /2048 bytes/],
]

for (const [text, reason] of ROWS)
  test(`${text.slice(0, 60)} is ${reason === undefined ? 'one' : 'none'}`, () => {
    if (reason === undefined) assert.equal(formatSpiffeId(parseSpiffeId(text)), text)
    else assert.throws(() => parseSpiffeId(text), { code: 'argument', message: reason })
  })

test('what is read is written as it was, whatever came', () => {
  const part = fc.string({ unit: fc.constantFrom(...'aB0.-_/%:@ ', '..', 'ü'), maxLength: 12 })
  fc.assert(
    fc.property(part, part, (domain, path) => {
      const text = `spiffe://${domain}/${path}`
      try {
        assert.equal(formatSpiffeId(parseSpiffeId(text)), text)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'argument')
      }
    }),
    { numRuns: 2000, seed: 8 },
  )
})
