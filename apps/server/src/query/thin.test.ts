import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { GoFiguresSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { thinFigures } from './thin.ts'

const RANGE = { startNs: 1e9, endNs: 101e9 }

test('what is left is not too much, was told, and has the lowest, the highest and the newest', () => {
  const samples = fc.array(fc.record({ ms: fc.integer({ min: 1000, max: 100_999 }), heap: fc.nat(100) }), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 60 }), (told, pointsMax) => {
      const figures = told
        .sort((a, b) => a.ms - b.ms)
        .map(({ ms, heap }) => create(GoFiguresSchema, { timeNs: ms * 1e6, heapLiveBytes: heap }))
      const kept = thinFigures(figures, { range: RANGE, pointsMax })
      assert.ok(kept.length <= pointsMax)
      assert.equal(kept.at(-1), figures.at(-1))
      // In the order in which they were told, each once.
      const places = kept.map((one) => figures.indexOf(one))
      assert.ok(places.every((place, i) => i === 0 || place > places[i - 1]!))
      if (pointsMax < 3) return
      const heaps = (all: readonly { heapLiveBytes: number }[]) =>
        all.map(({ heapLiveBytes }) => heapLiveBytes)
      assert.equal(Math.min(...heaps(kept)), Math.min(...heaps(figures)))
      assert.equal(Math.max(...heaps(kept)), Math.max(...heaps(figures)))
      if (figures.length <= pointsMax) assert.equal(kept.length, figures.length)
    }),
    { seed: 3, numRuns: 300 },
  )
})
