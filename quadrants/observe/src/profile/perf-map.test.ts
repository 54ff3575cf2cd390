import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { elfFunctionAt } from '@quadrant/golang'
import { parsePerfMap } from './perf-map.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const nameAt = (text: string, address: number) =>
  elfFunctionAt(parsePerfMap(bytes(text)).value, address)?.name

test('functions by address, as perf reads them', () => {
  const text = '2000 10 JS:*hot file:///a b.js:4:13\n0x1000 20 first\n3000 8 übung\n'
  assert.deepEqual(parsePerfMap(bytes(text)).diagnostics, [])
  assert.equal(nameAt(text, 0xfff), undefined)
  assert.equal(nameAt(text, 0x1000), 'first')
  assert.equal(nameAt(text, 0x101f), 'first')
  assert.equal(nameAt(text, 0x1020), undefined)
  assert.equal(nameAt(text, 0x2001), 'JS:*hot file:///a b.js:4:13')
  assert.equal(nameAt(text, 0x3007), 'übung')
})

test('where code was made twice, the later counts; a line that is being written does not', () => {
  assert.equal(nameAt('1000 20 old\n1000 20 new\n', 0x1001), 'new')
  assert.equal(nameAt('1000 20 old\n1000 20 ne', 0x1001), 'old')
})

const check = (line: string, code: string | undefined) =>
  test(`line ${JSON.stringify(line)}: ${code ?? 'read'}`, () => {
    assert.equal(parsePerfMap(bytes(`${line}\n`)).diagnostics[0]?.code, code)
  })
check('7fffffffffff ffff a', undefined)
check('1000 20', 'PMAP001')
check('1000 20 ', 'PMAP001')
check('1000 xyz a', 'PMAP001')
check('100000000000000000 20 a', 'PMAP001')
check('', 'PMAP001')
check('1000 20 a\0b', 'PMAP001')

test('a name that is too long is cut', () => {
  const name = nameAt(`1000 20 ${'x'.repeat(100_000)}\n`, 0x1000)!
  assert.equal(name.length, 1024)
})

test('any bytes: a list that is sorted and can be searched', () => {
  const line = fc
    .tuple(fc.nat(), fc.nat(), fc.string())
    .map(([start, size, name]) => `${start.toString(16)} ${size.toString(16)} ${name}`)
  const text = fc.array(fc.oneof(line, fc.string())).map((lines) => bytes(lines.join('\n')))
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 500 })), fc.nat(), (content, address) => {
      const { value, diagnostics } = parsePerfMap(content)
      assert.ok(diagnostics.length <= 8)
      assert.ok(value.addresses.every((each, index) => index === 0 || value.addresses[index - 1]! <= each))
      for (const each of [address, ...value.addresses]) {
        const found = elfFunctionAt(value, each)
        assert.ok(found === undefined || found.address <= each)
      }
    }),
    { seed: 4, numRuns: 500 },
  )
})
