import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { recordedTimes } from '../testing/recorded-times.ts'
import { defineDurationFunctions, packDurations, unpackDurations } from './duration-blob.ts'
import { DurationSum, timedCount } from './durations.ts'

const time = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.constantFrom(1, 2, 1024, 2 ** 40, 2 ** 45),
)
const parts = fc.array(
  fc.record({ times: fc.array(time, { maxLength: 20 }), scale: fc.integer({ min: -10, max: 20 }) }),
  {
    minLength: 1,
    maxLength: 6,
  },
)

test('merged histograms are what one recorder of their scale makes of all times, in SQL too', () => {
  const db = new DatabaseSync(':memory:')
  defineDurationFunctions(db)
  const merge = db.prepare('SELECT merge_durations(?, ?) AS blob')
  const sum = db.prepare('SELECT sum_durations(unhex(value)) AS blob FROM json_each(?)')
  fc.assert(
    fc.property(parts, (told) => {
      // One recorder of scale 20 needs more buckets than may be told; it coarsens before it tells.
      const histograms = told.map(({ times, scale }) => {
        const one = new DurationSum()
        one.add(recordedTimes(times, Math.min(scale, 4)))
        return one.total()
      })
      const blobs = histograms.map(packDurations)
      const sums = new DurationSum()
      for (const one of histograms) sums.add(one)
      const total = sums.total()
      const merged = blobs.reduce((a, b) => (merge.get(a, b) as { blob: Uint8Array }).blob)
      const hex = JSON.stringify(blobs.map((blob) => Buffer.from(blob).toString('hex')))
      const summed = (sum.get(hex) as { blob: Uint8Array }).blob
      assert.deepEqual(unpackDurations(summed), total)
      assert.deepEqual(unpackDurations(merged), total)
      const times = told.flatMap((one) => one.times)
      assert.equal(timedCount(total), times.length)
      assert.deepEqual(total, recordedTimes(times, total?.scale ?? 0))
      assert.ok((total?.counts.length ?? 0) <= 320)
    }),
    { seed: 3, numRuns: 300 },
  )
  db.close()
})

test('a histogram that is wide gets coarser, and loses nothing', () => {
  const sum = new DurationSum()
  sum.add(recordedTimes([1, 1, 2], 20))
  sum.add(recordedTimes([1000 * 2 ** 30], 20))
  const { scale, counts } = sum.total()!
  assert.equal(scale, 2)
  assert.equal(counts.length, 161)
  assert.equal(
    counts.reduce((a, b) => a + b, 0),
    4,
  )
  assert.equal(counts.at(-1), 1)
})

test('numbers that are not small come back', () => {
  for (const offset of [-67_108_864, -1, 0, 1, 67_108_864]) {
    const durations = {
      scale: -10,
      offset,
      counts: [1, 0, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER],
      zeroCount: 2 ** 40,
      sumNs: 1e300,
      minNs: 0,
      maxNs: 3.5e16,
    }
    assert.deepEqual(unpackDurations(packDurations(durations)), durations)
  }
})
