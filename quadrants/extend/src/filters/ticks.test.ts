import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../test-bench/manual-clock.ts'
import { tickEvery } from './ticks.ts'

/** When each call begins, of a filter that takes so long in each. */
function beginsOf(periodMs: number, takesMs: number, untilMs: number): readonly number[] {
  const clock = new ManualClock(0)
  const begins: number[] = []
  let busyMs = 0
  const times = {
    later: (afterMs: number, callback: () => void) => clock.later(afterMs, callback),
    monotonicNs: () => BigInt(Math.round((clock.nowMs + busyMs) * 1e6)),
  }
  tickEvery(times, periodMs, () => {
    begins.push(clock.nowMs)
    busyMs += takesMs
  })
  clock.advanceTo(untilMs)
  return begins
}

const rows: readonly (readonly [periodMs: number, takesMs: number, begins: readonly number[]])[] = [
  [100, 0, [100, 200, 300, 400]],
  // The clock stands still while it computes: it is called so much earlier as it took.
  [100, 5, [100, 195, 290, 385]],
  [0, 0, Array.from({ length: 400 }, (_, index) => index + 1)],
  // It has a tenth of its thread: 20 ms of each 200.
  [1, 20, [1, 181, 361]],
]

for (const [periodMs, takesMs, begins] of rows)
  test(`each ${periodMs} ms, with ${takesMs} ms each`, () => {
    assert.deepEqual(beginsOf(periodMs, takesMs, 400), begins)
  })

test('ended within a call they are over', () => {
  const clock = new ManualClock(0)
  let count = 0
  const end = tickEvery(
    { later: (afterMs, call) => clock.later(afterMs, call), monotonicNs: () => 0n },
    10,
    () => {
      if (++count === 2) end()
    },
  )
  clock.advanceTo(100)
  assert.equal(count, 2)
  assert.equal(clock.nextMs, undefined)
})
