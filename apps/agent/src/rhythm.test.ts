import assert from 'node:assert/strict'
import { test } from 'node:test'
import { POLL_MS, Rhythm } from './rhythm.ts'

test('ticks come on whole seconds, once each, and once for those slept through', () => {
  const rhythm = new Rhythm(10_250)
  assert.equal(rhythm.isTickDue(10_999), false)
  assert.equal(rhythm.isTickDue(11_000), true)
  assert.equal(rhythm.isTickDue(11_001), false)
  assert.equal(rhythm.isTickDue(12_000), true)
  assert.equal(rhythm.isTickDue(99_500), true)
  assert.equal(rhythm.isTickDue(99_999), false)
  assert.equal(rhythm.isTickDue(100_000), true)
})

test('a clock that is set back does not stop the ticks', () => {
  const rhythm = new Rhythm(1_000_000)
  assert.equal(rhythm.isTickDue(500_200), false)
  assert.equal(rhythm.isTickDue(501_000), true)
})

test('polls quicken while they find work, and slow down when they do not', () => {
  const rhythm = new Rhythm(0)
  for (let i = 0; i < 10; i++) rhythm.polled(5)
  assert.equal(rhythm.pollMs, POLL_MS.min)
  for (let i = 0; i < 20; i++) rhythm.polled(0.1)
  assert.equal(rhythm.pollMs, POLL_MS.max)
})

test('no wait reaches over the next second, and none is nothing', () => {
  const rhythm = new Rhythm(0)
  assert.equal(rhythm.waitMs(100), POLL_MS.max)
  assert.equal(rhythm.waitMs(970), 30)
  assert.equal(rhythm.waitMs(1000), 1)
})
