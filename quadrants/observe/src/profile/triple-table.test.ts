import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TripleTable } from './triple-table.ts'

test('triples have the indices that a plain map gives them', () => {
  const number = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constant(2 ** 32 - 1))
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 4000, size: 'max' }), (triples) => {
      const table = new TripleTable()
      const plain = new Map<string, number>()
      for (const [first, second, third] of triples) {
        const key = `${first} ${second} ${third}`
        const known = plain.get(key)
        assert.equal(table.find(first, second, third), known ?? -1)
        if (known !== undefined) continue
        assert.equal(table.add(first, second, third), plain.size)
        plain.set(key, plain.size)
      }
      assert.equal(table.length, plain.size)
      const keys = [...plain.keys()].map((key) => key.split(' ').map(Number))
      assert.deepEqual(
        [...table.firstColumn()],
        keys.map(([first]) => first),
      )
      assert.deepEqual(
        [...table.secondColumn()],
        keys.map(([, second]) => second),
      )
    }),
    { seed: 4, numRuns: 60 },
  )
})
