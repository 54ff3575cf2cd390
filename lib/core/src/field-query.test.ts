import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FLOW_FIELDS, matchFieldQuery, parseFieldQuery } from './field-query.ts'

const RECORD: Readonly<Record<string, readonly string[]>> = {
  from: ['shop', 'proc:web/12@34'],
  to: ['Cart Service'],
  port: ['8443'],
  proto: ['tcp'],
  ip: ['10.0.0.1', 'fe80::1'],
  '*': ['shop', 'Cart Service', 'fe80::1'],
}

const CASES: readonly (readonly [query: string, matches: boolean])[] = [
  ['', true],
  ['shop', true],
  ['sho', false],
  ['sho*', true],
  ['shop cart*', true],
  ['shop nothing', false],
  ['from:shop', true],
  ['from:cart', false],
  ['from:cart,shop', true],
  ['from:cart from:shop', true],
  ['from:shop to:shop', false],
  ['to:"cart service"', true],
  ['"cart service"', true],
  ['-from:shop', false],
  ['not:from:shop', false],
  ['not:from:cart', true],
  ['-nothing', true],
  ['port:>8000', true],
  ['port:<8000', false],
  ['port:84??', true],
  ['fe80::1', true],
  ['ip:fe80::*', true],
  ['pid:1', false],
]

for (const [text, matches] of CASES)
  test(`${JSON.stringify(text)} ${matches ? 'matches' : 'does not match'}`, () => {
    const { value, diagnostics } = parseFieldQuery(text, FLOW_FIELDS)
    assert.deepEqual(diagnostics, [])
    assert.equal(
      matchFieldQuery(value, (key) => RECORD[key]),
      matches,
    )
  })

const MISTAKES: readonly (readonly [
  query: string,
  code: string,
  start: number,
  end: number,
  fix?: string,
])[] = [
  ['a form:shop', 'QRY001', 2, 11, 'from:shop'],
  ['from:"a b', 'QRY002', 5, 9, 'add "'],
  ['from:', 'QRY004', 0, 5],
  ['x'.repeat(2000), 'QRY003', 1024, 2000],
  ['a '.repeat(40), 'QRY003', 64, 80],
]

for (const [text, code, start, end, fix] of MISTAKES)
  test(`${JSON.stringify(text.slice(0, 20))} is ${code} at ${start}`, () => {
    const [first] = parseFieldQuery(text, FLOW_FIELDS).diagnostics
    assert.equal(first?.code, code)
    assert.deepEqual(first.range, { start, end })
    assert.equal(first.fix, fix)
  })

test('any text is parsed, quickly, with ranges inside of it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 1200 }), (text) => {
      const { value, diagnostics } = parseFieldQuery(text, FLOW_FIELDS)
      for (const { range } of [...value.terms, ...diagnostics])
        assert.ok(range!.start <= range!.end && range!.end <= text.length)
      matchFieldQuery(value, (key) => RECORD[key])
    }),
    { seed: 3, numRuns: 1000 },
  )
})
