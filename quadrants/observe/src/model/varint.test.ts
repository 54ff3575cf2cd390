import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { VarintReader, VarintWriter } from './varint.ts'

test('numbers come back as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
      const writer = new VarintWriter(1)
      for (const number of numbers) writer.write(number)
      const reader = new VarintReader(writer.take())
      assert.deepEqual(
        numbers.map(() => reader.read()),
        numbers,
      )
      assert.ok(reader.done)
    }),
    { seed: 1 },
  )
})

test('what could not be read is not written', () => {
  const writer = new VarintWriter()
  for (const number of [-1, 0.5, NaN, Infinity, 2 ** 53])
    assert.throws(() => writer.write(number), RangeError, String(number))
  assert.equal(writer.length, 0)
})

test('any bytes are numbers or an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const reader = new VarintReader(bytes)
      try {
        while (!reader.done) assert.ok(Number.isSafeInteger(reader.read()))
      } catch (error) {
        assert.ok(error instanceof RangeError)
      }
    }),
    { seed: 2 },
  )
})
