import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { TimelinePointSchema } from '@quadrant/proto'
import { edgeSeries } from './edge-series.ts'
import { appendPoint, binTimeline, coverage, timeTicks } from './timeline.ts'

const point = (second: number, opened = 1) => create(TimelinePointSchema, { timeNs: second * 1e9, opened })
const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => point(from + i))

test('bins lose nothing and do not move while time goes on', () => {
  const points = seconds(1000, 1900)
  const at = (endMs: number) =>
    binTimeline(points, { startMs: endMs - 900_000, endMs }, { countMax: 200, resolutionSeconds: 1 })
  const { binMs, bins } = at(1_900_000)
  assert.equal(binMs, 5000)
  assert.equal(
    bins.reduce((sum, bin) => sum + bin.opened, 0),
    900,
  )
  const starts = new Set(bins.map(({ startMs }) => startMs))
  for (const bin of at(1_902_000).bins) assert.ok(starts.has(bin.startMs))
})

test('bins are no finer than what is stored', () => {
  const { binMs } = binTimeline([], { startMs: 0, endMs: 900_000 }, { countMax: 900, resolutionSeconds: 10 })
  assert.equal(binMs, 10_000)
})

test('a second that fills is told again, and counts once', () => {
  let points = appendPoint([point(1, 5)], point(2, 1), 0)
  points = appendPoint(points, point(2, 3), 0)
  points = appendPoint(points, point(1, 9), 0)
  assert.deepEqual(
    points.map(({ opened }) => opened),
    [5, 3],
  )
  assert.equal(appendPoint(points, point(3), 2000).length, 2)
})

test('ticks are round and few', () => {
  const ticks = timeTicks({ startMs: 1_000_123, endMs: 1_900_123 }, 8)
  assert.ok(ticks.length >= 5 && ticks.length <= 8)
  for (const ms of ticks) assert.equal(ms % 60_000, 0)
})

test('a step without a point is zero where the host was watched, and a gap where it was not', () => {
  const response = {
    resolutionSeconds: 1,
    points: [100, 103].map((second) => ({
      timeNs: second * 1e9,
      delta: { bytesToServer: 10, srttSamples: 0 },
    })),
  } as unknown as Parameters<typeof edgeSeries>[0]
  const covered = coverage([point(100), point(101), point(103)], 1)
  const { times, rates, latencies } = edgeSeries(response, covered)
  assert.deepEqual(times, [100, 101, 102, 103])
  assert.deepEqual(rates[0]!.values, [10, 0, null, 10])
  assert.deepEqual(latencies[0]!.values, [null, null, null, null])
})
