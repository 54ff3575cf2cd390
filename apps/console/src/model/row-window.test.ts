import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rowWindow, scrollToRow } from './row-window.ts'

test('every row in sight is in the window, and few others', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(2000), fc.nat(40_000), (top, height, count) => {
      const { first, end } = rowWindow({ top, height }, { count, rowHeight: 28, overscan: 8 })
      assert.ok(first >= 0 && first <= end && end <= count)
      assert.ok(end - first <= Math.ceil(height / 28) + 17)
      for (let row = Math.floor(top / 28); row * 28 < top + height && row < count; row++)
        assert.ok(row >= first && row < end, `row ${row} is left out of ${first} to ${end}`)
    }),
    { seed: 5, numRuns: 300 },
  )
})

test('a table scrolls no further than it must to show a row', () => {
  const to = (top: number, index: number) =>
    scrollToRow({ top, height: 310 }, { index, rowHeight: 28, headHeight: 30 })
  assert.equal(to(0, 3), 0)
  assert.equal(to(0, 9), 0)
  assert.equal(to(0, 10), 28)
  assert.equal(to(280, 10), 280)
  assert.equal(to(280, 4), 112)
})
