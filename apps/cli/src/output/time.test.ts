import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAgo, formatClock, parseDuration, parseMoment } from './time.ts'

test('durations', () => {
  const check = (text: string, ms: number | undefined) => assert.equal(parseDuration(text), ms, text)
  check('90s', 90_000)
  check('5m', 300_000)
  check('1h30m', 5_400_000)
  check('1.5h', 5_400_000)
  check('250ms', 250)
  check('2d', 172_800_000)
  for (const bad of ['', '5', 'm', '5x', '5 m', '-5m', '1h30', 'Infinitym']) check(bad, undefined)
})

test('moments', () => {
  const now = Date.UTC(2026, 0, 31, 12)
  const check = (text: string, ms: number | undefined) => assert.equal(parseMoment(text, now), ms, text)
  check('now', now)
  check('5m', now - 300_000)
  check('2026-01-31T11:00:00Z', Date.UTC(2026, 0, 31, 11))
  check('2026-01-31T11:00:00.250+01:00', Date.UTC(2026, 0, 31, 10, 0, 0, 250))
  check('2026-01-31', Date.UTC(2026, 0, 31))
  check(String(now / 1000), now)
  for (const bad of ['yesterday', '12:00', '2026-13-45', '', '17', 'Jan 31 2026']) check(bad, undefined)
})

test('times for people', () => {
  const noon = new Date(2026, 0, 31, 12, 3, 4, 5).getTime()
  assert.equal(formatClock(noon, noon), '12:03:04.005')
  assert.equal(formatClock(noon - 86_400_000, noon), '2026-01-30 12:03:04.005')
  assert.equal(formatAgo(noon - 500, noon), 'just now')
  assert.equal(formatAgo(noon - 3200, noon), '3.20 s ago')
  assert.equal(formatAgo(0, noon), 'never')
})
