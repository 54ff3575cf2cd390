import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ExponentialHistogram } from './exponential-histogram.ts'

test('each value lies within the bounds of its bucket, whatever came before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e9, noNaN: true })), {
        minLength: 1,
        maxLength: 200,
      }),
      (values) => {
        const histogram = new ExponentialHistogram()
        for (const value of values) assert.ok(histogram.record(value))
        const point = histogram.toPoint()
        const { offset = 0, bucketCounts = [] } = point.positive ?? {}
        assert.ok(bucketCounts.length <= 160)
        assert.equal(
          Number(point.zeroCount) + bucketCounts.reduce((sum, count) => sum + Number(count), 0),
          values.length,
        )
        const bound = (index: number) => 2 ** (index * 2 ** -point.scale)
        for (const [i, count] of bucketCounts.entries()) {
          // A value at a bound may be taken for its neighbour's by the last bit of a logarithm.
          const slack = 1e-9
          const within = values.filter(
            (v) => v > bound(offset + i) * (1 - slack) && v <= bound(offset + i + 1) * (1 + slack),
          ).length
          const surely = values.filter(
            (v) => v > bound(offset + i) * (1 + slack) && v <= bound(offset + i + 1) * (1 - slack),
          ).length
          assert.ok(Number(count) <= within && Number(count) >= surely)
        }
      },
    ),
    { seed: 2, numRuns: 200 },
  )
})

test('powers of two belong to the bucket below them', () => {
  const histogram = new ExponentialHistogram()
  for (const value of [1e-12, 1e12]) histogram.record(value)
  assert.ok(histogram.scale <= 1)
  const exact = new ExponentialHistogram()
  exact.record(4)
  const { positive, scale } = exact.toPoint()
  assert.equal(positive!.offset + 1, 2 * 2 ** scale)
})

test('two histograms added are the histogram of both', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1e-9, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }),
      (a, b) => {
        const [first, second, both] = [
          new ExponentialHistogram(),
          new ExponentialHistogram(),
          new ExponentialHistogram(),
        ]
        for (const value of a) first.record(value)
        for (const value of b) second.record(value)
        for (const value of [...a, ...b]) both.record(value)
        first.merge(second.toPoint())
        const [merged, whole] = [first.toPoint(), both.toPoint()]
        assert.deepEqual(
          [merged.count, merged.min, merged.max, merged.scale],
          [whole.count, whole.min, whole.max, whole.scale],
        )
        assert.deepEqual(merged.positive, whole.positive)
      },
    ),
    { seed: 6, numRuns: 200 },
  )
})

test('what is no duration is not counted', () => {
  const histogram = new ExponentialHistogram()
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(histogram.record(value), false)
  assert.equal(histogram.count, 0)
})
