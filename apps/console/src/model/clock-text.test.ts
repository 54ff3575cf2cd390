import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageText, clockTimeMs, durationWords, intervalText } from './clock-text.ts'

const at = (hours: number, minutes: number, seconds: number, ms = 0) =>
  new Date(2026, 2, 1, hours, minutes, seconds, ms).getTime()

test('times of day are in the own time zone, days only where they differ', () => {
  assert.equal(clockTimeMs(at(9, 5, 3, 7)), '09:05:03.007')
  const text = intervalText(at(9, 5, 0), at(9, 6, 0), at(12, 0, 0))
  assert.equal(text, '09:05:00 – 09:06:00')
  assert.equal(intervalText(at(9, 5, 0), at(9, 6, 0), at(12, 0, 0) + 86_400_000), `2026-03-01 ${text}`)
})

test('ages and lengths in words', () => {
  assert.deepEqual([0, 30, 600, 10_000, 1e6].map(ageText), [
    'now',
    '30 s ago',
    '10 m ago',
    '3 h ago',
    '12 days ago',
  ])
  assert.deepEqual([1, 60, 90, 300, 3600, 172_800].map(durationWords), [
    'second',
    'minute',
    '90 seconds',
    '5 minutes',
    'hour',
    '2 days',
  ])
})
