import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UnorderedBytes } from './unordered-bytes.ts'

test('pieces in any order, that overlap and come again, give the bytes once and in order', () => {
  const cut = fc.tuple(fc.nat(99), fc.nat(40))
  fc.assert(
    fc.property(
      fc.constantFrom(0, 5, 2 ** 31 - 30, 2 ** 32 - 50, 2 ** 32 - 1),
      fc.nat(120),
      fc.array(cut, { maxLength: 20 }),
      fc.infiniteStream(fc.nat(1000)),
      (first, left, cuts, order) => {
        const stream = Uint8Array.from({ length: 100 }, (_, index) => index)
        // The cuts beside pieces that make up the whole.
        const pieces = [...cuts, ...Array.from({ length: 10 }, (_, index) => [index * 10, 10] as const)]
          .map((piece) => ({ piece, at: order.next().value }))
          .toSorted((a, b) => a.at - b.at)
        const told: number[] = []
        const unordered = new UnorderedBytes(first, left, (bytes) => told.push(...bytes))
        for (const {
          piece: [from, length],
        } of pieces)
          unordered.add((first + from) >>> 0, stream.slice(from, from + length))
        assert.deepEqual(told, [...stream.subarray(left)])
        const end = (first + 100) >>> 0
        assert.equal(unordered.isWholeAt(end), left <= 100)
        assert.equal(unordered.isWholeAt((end + 1) >>> 0), false)
      },
    ),
    { seed: 5, numRuns: 300 },
  )
})

test('what waits for missing bytes is not told', () => {
  const told: number[] = []
  const unordered = new UnorderedBytes(10, 0, (bytes) => told.push(...bytes))
  unordered.add(12, Uint8Array.of(2, 3))
  assert.deepEqual(told, [])
  assert.equal(unordered.isWholeAt(10), true)
  unordered.add(10, Uint8Array.of(0))
  assert.deepEqual(told, [0])
  assert.equal(unordered.isWholeAt(14), false)
  unordered.add(9, Uint8Array.of(9, 0, 1))
  assert.deepEqual(told, [0, 1, 2, 3])
  assert.equal(unordered.isWholeAt(14), true)
})
