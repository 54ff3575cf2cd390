import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepInside, panAxis, revealStretch, zoomAxis } from './axis-window.ts'

const whole = { start: 100, end: 300 }

test('zooming holds the place under the pointer', () => {
  const window = zoomAxis({ start: 150, end: 250 }, { factor: 2, at: 175, whole, least: 1 })
  assert.deepEqual(window, { start: 162.5, end: 212.5 })
  assert.equal((175 - 150) / 100, (175 - window.start) / 50)
})

test('nothing goes past the whole or below the least', () => {
  assert.deepEqual(zoomAxis({ start: 150, end: 250 }, { factor: 0.1, at: 150, whole, least: 1 }), whole)
  const least = zoomAxis({ start: 150, end: 152 }, { factor: 100, at: 150, whole, least: 1 })
  assert.equal(least.end - least.start, 1)
  assert.deepEqual(panAxis({ start: 110, end: 120 }, -50, whole), { start: 100, end: 110 })
  assert.deepEqual(panAxis({ start: 110, end: 120 }, 500, whole), { start: 290, end: 300 })
  assert.deepEqual(keepInside({ start: 0, end: 900 }, whole), whole)
  // An axis shorter than the least is shown whole.
  assert.deepEqual(
    zoomAxis({ start: 0, end: 3 }, { factor: 4, at: 1, whole: { start: 0, end: 3 }, least: 5 }),
    {
      start: 0,
      end: 3,
    },
  )
})

test('a stretch comes into sight by the least move', () => {
  const window = { start: 150, end: 200 }
  assert.equal(revealStretch(window, { start: 160, end: 170 }, whole), window)
  assert.deepEqual(revealStretch(window, { start: 140, end: 145 }, whole), { start: 140, end: 190 })
  assert.deepEqual(revealStretch(window, { start: 210, end: 220 }, whole), { start: 170, end: 220 })
  assert.equal(revealStretch(window, { start: 120, end: 260 }, whole), window)
  assert.deepEqual(revealStretch(window, { start: 200, end: 290 }, whole), { start: 200, end: 290 })
})
