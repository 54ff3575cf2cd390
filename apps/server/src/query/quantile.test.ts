import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DurationSum } from '../store/durations.ts'
import { recordedTimes } from '../testing/recorded-times.ts'
import { quantileNs } from './quantile.ts'

const SHARES = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1]

test('a quantile is in the bucket of the sorted samples’ own, between the least and the largest', () => {
  const time = fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 2 ** 31 - 1 }) },
    { weight: 5, arbitrary: fc.integer({ min: 900_000, max: 1_100_000 }) },
  )
  fc.assert(
    fc.property(
      fc.array(time, { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 0, max: 6 }),
      (times, scale) => {
        const sum = new DurationSum()
        // In two parts: what is merged is no less exact.
        for (const part of [times.slice(0, 150), times.slice(150)])
          sum.add(recordedTimes(part, Math.min(scale, 3)))
        const durations = sum.total()
        const width = 2 ** (2 ** -durations!.scale)
        const sorted = times.toSorted((a, b) => a - b)
        for (const share of SHARES) {
          const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
          const ns = quantileNs(durations, share)
          assert.ok(ns >= sorted[0]! && ns <= sorted.at(-1)!, `${share}: ${ns}`)
          // A hair for the rounding of powers.
          if (exact === 0) assert.equal(ns, 0)
          else
            assert.ok(
              ns < exact * width * (1 + 1e-9) && ns > (exact / width) * (1 - 1e-9),
              `${share}: ${ns} of ${exact}`,
            )
        }
      },
    ),
    { seed: 11, numRuns: 300 },
  )
})

test('one time is every quantile, and no time is none', () => {
  for (const share of SHARES) {
    assert.equal(quantileNs(recordedTimes([1_234_567], 3), share), 1_234_567)
    assert.equal(quantileNs(undefined, share), 0)
  }
})
