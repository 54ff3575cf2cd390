import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { thin } from './thin.ts'

const RANGE = { startNs: 1e9, endNs: 101e9 }
const OPEN = { startNs: 0, endNs: Infinity }

test('what is left is not too much, was told, and has the lowest, the highest and the newest', () => {
  const samples = fc.array(fc.record({ ms: fc.integer({ min: 1000, max: 100_999 }), heap: fc.nat(100) }), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(
      samples,
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(RANGE, OPEN),
      (told, pointsMax, range) => {
        const figures = told.sort((a, b) => a.ms - b.ms)
        const kept = thin(figures, {
          range,
          pointsMax,
          timeOf: ({ ms }) => ms * 1e6,
          valueOf: ({ heap }) => heap,
        })
        assert.ok(kept.length <= pointsMax)
        assert.equal(kept.at(-1), figures.at(-1))
        // In the order in which they were told, each once.
        const places = kept.map((one) => figures.indexOf(one))
        assert.ok(places.every((place, i) => i === 0 || place > places[i - 1]!))
        if (pointsMax < 3) return
        const heaps = (all: readonly { heap: number }[]) => all.map(({ heap }) => heap)
        assert.equal(Math.min(...heaps(kept)), Math.min(...heaps(figures)))
        assert.equal(Math.max(...heaps(kept)), Math.max(...heaps(figures)))
        if (figures.length <= pointsMax) assert.equal(kept.length, figures.length)
      },
    ),
    { seed: 3, numRuns: 300 },
  )
})
