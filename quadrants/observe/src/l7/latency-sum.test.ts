import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LatencySum } from './latency-sum.ts'
import type { LatencyCounts } from './request-source.ts'

function counts(
  buckets: Readonly<Record<number, number>>,
  beyond: Partial<LatencyCounts> = {},
): LatencyCounts {
  const list = Array.from({ length: 208 }, (_, i) => buckets[i] ?? 0)
  return { scale: 3, offset: 80, counts: list, below: 0, above: 0, ...beyond }
}

test('series are added up, and bounds are those of OpenTelemetry', () => {
  const sum = new LatencySum(counts({}))
  assert.equal(sum.toHistogram(0), undefined)
  sum.add(counts({ 8: 2, 10: 1 }), 7000)
  sum.add(counts({ 10: 1 }), 3000)
  const { scale, offset, counts: told, sumNs, minNs, maxNs } = sum.toHistogram(4)!
  assert.deepEqual([scale, offset, told, sumNs], [3, 88, [2, 0, 2], 10_000])
  // Bucket 88 at scale 3 begins above 2^11 ns.
  assert.equal(minNs, 2048)
  assert.equal(maxNs, 2 ** (91 / 8))
})

test('what is beyond the buckets is in one of its own at each end', () => {
  const sum = new LatencySum(counts({}))
  sum.add(counts({}, { below: 1, above: 2 }), 1)
  const { offset, counts: told } = sum.toHistogram(3)!
  assert.deepEqual([offset, told.length, told[0], told.at(-1)], [79, 210, 1, 2])
})

test('there are not more latencies than requests', () => {
  const sum = new LatencySum(counts({}))
  sum.add(counts({ 3: 5, 4: 1 }), 600)
  const { counts: told, sumNs } = sum.toHistogram(4)!
  assert.deepEqual([told, sumNs], [[3, 1], 400])
})
