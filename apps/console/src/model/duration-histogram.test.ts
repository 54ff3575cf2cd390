import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decadesAround, durationBands, type Durations } from './duration-histogram.ts'

/** As the protocol says it: bucket i has base^i < t <= base^(i + 1). Told by search, not by logarithm. */
function histogramOf(timesNs: readonly number[], scale: number): Durations {
  const base = 2 ** (2 ** -scale)
  const byBucket = new Map<number, number>()
  for (const time of timesNs.filter((each) => each > 0)) {
    let index = Math.floor(Math.log(time) / Math.log(base)) - 2
    while (!(base ** index < time && time <= base ** (index + 1))) index++
    byBucket.set(index, (byBucket.get(index) ?? 0) + 1)
  }
  const offset = Math.min(...byBucket.keys())
  const counts = Array.from(
    { length: Math.max(...byBucket.keys()) - offset + 1 },
    (_, i) => byBucket.get(offset + i) ?? 0,
  )
  return {
    scale,
    offset,
    counts,
    zeroCount: timesNs.filter((each) => each === 0).length,
    minNs: Math.min(...timesNs),
    maxNs: Math.max(...timesNs),
  }
}

/** Made times over four decades, the same each run. */
const TIMES = Array.from({ length: 5000 }, (_, i) => Math.round(20_000 * 10 ** (((i * 7919) % 5000) / 1250)))

const NO_DURATIONS: Durations = { scale: 0, zeroCount: 0, offset: 0, counts: [], minNs: 0, maxNs: 0 }

test('bands hold every time once, at the place of its length', () => {
  const ends = { leastNs: 1e3, mostNs: 1e9 }
  const bands = durationBands(histogramOf([0, 500, 1.5e3, 2e6, 2e6, 7e9], 5), ends, 6)
  assert.deepEqual(bands, [3, 0, 0, 2, 0, 1])
  assert.equal(
    durationBands(histogramOf(TIMES, 3), ends, 24).reduce((sum, each) => sum + each, 0),
    TIMES.length,
  )
})

test('the common scale is whole decades', () => {
  assert.deepEqual(decadesAround([histogramOf([32_000, 4e6], 3), undefined, histogramOf([2e9], 3)]), {
    leastNs: 1e4,
    mostNs: 1e10,
  })
  assert.deepEqual(decadesAround([NO_DURATIONS]), { leastNs: 1e6, mostNs: 1e9 })
  assert.deepEqual(decadesAround([histogramOf([1e6], 3)]), { leastNs: 1e6, mostNs: 1e7 })
})
