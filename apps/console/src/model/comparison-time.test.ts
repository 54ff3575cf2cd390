import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { apartSecondsAt, earlierInterval, toggleApartSeconds } from './comparison-time.ts'
import { intervalOf, LIVE } from './time-range.ts'

const A = { startMs: 1_000_000, endMs: 1_060_000 }

test('B is the interval right before A until it is moved', () => {
  const apart = toggleApartSeconds(0, { kind: 'range', ...A })
  assert.equal(apart, 60)
  assert.deepEqual(earlierInterval(A, apart), { startMs: 940_000, endMs: 1_000_000 })
  assert.equal(toggleApartSeconds(apart, LIVE), 0)
})

test('while A is live, B keeps its distance', () => {
  const at = (nowMs: number) => earlierInterval(intervalOf(LIVE, nowMs), 300)
  assert.deepEqual(at(1_000_000), { startMs: 640_000, endMs: 700_000 })
  assert.deepEqual(at(1_005_000), { startMs: 645_000, endMs: 705_000 })
})

test('B is as long as A, before it, and stands where it was put', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3e9, max: 2e12 }),
      fc.integer({ min: 1, max: 86_400 }),
      fc.integer({ min: -1e8, max: 2e9 }),
      (startMs, seconds, beforeMs) => {
        const a = { startMs, endMs: startMs + seconds * 1000 }
        const b = earlierInterval(a, apartSecondsAt(a, startMs - beforeMs))
        assert.equal(b.endMs - b.startMs, seconds * 1000)
        assert.ok(b.endMs <= a.startMs)
        if (beforeMs >= seconds * 1000) assert.ok(Math.abs(b.startMs - (startMs - beforeMs)) <= 500)
      },
    ),
    { seed: 6, numRuns: 300 },
  )
})
