import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableJson } from './printable.ts'

test('control characters are spelled out', () => {
  const check = (input: string, expected: string) => assert.equal(printable(input), expected)
  check('cart', 'cart')
  check('a\u001b[2Jb', 'a\\x1b[2Jb')
  check('a\r\nb\u0000', 'a\\x0d\\x0ab\\x00')
  check('\u009b31m', '\\x9b31m')
  check('abc\u202Ecba', 'abc\\u202ecba')
  check('größe 漢字', 'größe 漢字')
})

test('escaped JSON has the same value and no control character', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const indent of [undefined, 2]) {
        const json = JSON.stringify(value, null, indent)
        const escaped = printableJson(json)
        assert.deepEqual(JSON.parse(escaped), JSON.parse(json))
        assert.doesNotMatch(escaped, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/) // oxlint-disable-line no-control-regex
      }
    }),
    { seed: 1, numRuns: 300 },
  )
})
