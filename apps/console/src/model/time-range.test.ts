import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatDurationSeconds,
  formatTimeSelection,
  goLive,
  intervalOf,
  parseDurationSeconds,
  parseTimeSelection,
  selectRange,
  stepTime,
  togglePause,
  type TimeSelection,
} from './time-range.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const minute: TimeSelection = { kind: 'live', windowSeconds: 60 }

test('durations are read and written in their shortest form', () => {
  for (const [text, seconds] of [
    ['90s', 90],
    ['1m', 60],
    ['5m', 300],
    ['2h', 7200],
    ['1d', 86_400],
  ] as const) {
    assert.equal(parseDurationSeconds(text), seconds)
    assert.equal(formatDurationSeconds(seconds), text)
  }
  for (const text of ['', '0s', '5', 'm', '1w', '-5m', '99999999s', '32d'])
    assert.equal(parseDurationSeconds(text), undefined, text)
})

test('what is written is read again the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), fc.integer({ min: 1, max: 1e6 }), (length, start) => {
      const live: TimeSelection = { kind: 'live', windowSeconds: length }
      assert.deepEqual(parseTimeSelection(formatTimeSelection(live)), live)
      const range: TimeSelection = { kind: 'range', startMs: start * 1000, endMs: (start + length) * 1000 }
      assert.deepEqual(parseTimeSelection(formatTimeSelection(range)), range)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('hostile times are no times', () => {
  for (const text of [
    '/',
    'a/b',
    '2026-03-01T12:00:00Z',
    '2026-03-01T12:00:00Z/2026-03-01T11:00:00Z',
    '1/2/3',
    'NaN/NaN',
  ])
    assert.equal(parseTimeSelection(text), undefined, text)
})

test('a range has whole seconds, in order, none of them yet to come', () => {
  fc.assert(
    fc.property(fc.integer({ min: -7200, max: 600 }), fc.integer({ min: -7200, max: 600 }), (a, b) => {
      const range = selectRange(NOW + a * 997, NOW + b * 997, NOW)
      assert.ok(range.kind === 'range' && range.startMs < range.endMs && range.endMs <= NOW)
      assert.equal(range.startMs % 1000, 0)
    }),
    { seed: 2, numRuns: 300 },
  )
})

test('pausing holds the window that was shown, and resuming keeps its length', () => {
  const paused = togglePause(minute, NOW)
  assert.deepEqual(paused, { kind: 'range', startMs: NOW - 60_000, endMs: NOW })
  assert.deepEqual(togglePause(paused, NOW + 5000), minute)
})

test('steps go by the own length; forward past now is live', () => {
  const back = stepTime(minute, -1, NOW)
  assert.deepEqual(intervalOf(back, NOW), { kind: 'range', startMs: NOW - 120_000, endMs: NOW - 60_000 })
  assert.deepEqual(stepTime(back, 1, NOW), minute)
  assert.deepEqual(stepTime(minute, 1, NOW), minute)
  assert.deepEqual(goLive(back), minute)
})
