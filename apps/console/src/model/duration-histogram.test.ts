import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bucketEndNs,
  decadesAround,
  durationBands,
  NO_DURATIONS,
  quantileNs,
  sumDurations,
  timedCount,
  type Durations,
} from './duration-histogram.ts'

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
    sumNs: timesNs.reduce((sum, each) => sum + each, 0),
    minNs: Math.min(...timesNs),
    maxNs: Math.max(...timesNs),
  }
}

/** Made times over four decades, the same each run. */
const TIMES = Array.from({ length: 5000 }, (_, i) => Math.round(20_000 * 10 ** (((i * 7919) % 5000) / 1250)))

test('quantiles are those of the sorted times, within one bucket', () => {
  const sorted = TIMES.toSorted((a, b) => a - b)
  for (const scale of [0, 3, 5]) {
    const width = 2 ** (2 ** -scale)
    const durations = histogramOf(TIMES, scale)
    for (const share of [0.01, 0.5, 0.9, 0.95, 0.99, 1]) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1]!
      const told = quantileNs(durations, share)!
      assert.ok(told <= exact * width && told >= exact / width, `${scale} ${share}: ${told}, not ${exact}`)
    }
    assert.equal(quantileNs(durations, 1), sorted.at(-1))
  }
})

test('where nothing was timed there is no quantile, and times of zero are times', () => {
  assert.equal(quantileNs(NO_DURATIONS, 0.5), undefined)
  assert.equal(quantileNs({ ...NO_DURATIONS, zeroCount: 3 }, 0.99), 0)
  const mixed = histogramOf([0, 0, 0, 800, 900], 3)
  assert.equal(quantileNs(mixed, 0.5), 0)
  assert.equal(quantileNs(mixed, 1), 900)
  assert.equal(timedCount(mixed), 5)
})

test('histograms of several scales are summed in the coarsest of them, as if told in it at once', () => {
  const [a, b, c] = [TIMES.slice(0, 900), TIMES.slice(900, 1000), [...TIMES.slice(1000), 0]]
  const sum = sumDurations([histogramOf(a, 5), undefined, NO_DURATIONS, histogramOf(b, 3), histogramOf(c, 4)])
  const whole = histogramOf([...a, ...b, ...c], 3)
  assert.deepEqual(
    { ...sum, counts: sum.counts.slice(), minNs: 0 },
    { ...whole, counts: whole.counts, minNs: 0 },
  )
  assert.equal(sumDurations([]), NO_DURATIONS)
})

test('negative indices are summed like others', () => {
  // With scale -1 a bucket is two octaves wide; below one nanosecond indices are negative.
  const a: Durations = { ...NO_DURATIONS, offset: -3, counts: [1, 2, 4], minNs: 0.2, maxNs: 0.9 }
  const b: Durations = { ...NO_DURATIONS, scale: -1, offset: -1, counts: [8], minNs: 0.3, maxNs: 1 }
  const { scale, offset, counts } = sumDurations([a, b])
  assert.deepEqual({ scale, offset, counts }, { scale: -1, offset: -2, counts: [1, 14] })
})

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
  assert.equal(bucketEndNs(0, 9), 1024)
})
