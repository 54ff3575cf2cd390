import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fineClock, MACHINE } from './clocks.ts'

test('a clock of microseconds follows the machine when that is set, and drifts no further than a millisecond', () => {
  let machineMs = 1_700_000_000_000
  let elapsedMs = 1_700_000_000_000
  const realtime = fineClock(
    () => Math.floor(machineMs),
    () => elapsedMs,
  )
  const pass = (ms: number, rate = 1) => {
    machineMs += ms
    elapsedMs += ms * rate
    return Number(realtime() - BigInt(Math.round(machineMs * 1000)) * 1000n)
  }
  assert.equal(pass(0.25), 0)
  assert.equal(pass(1000.125), 0)
  // Somebody sets the clock, an hour on and a day back.
  for (const jumpMs of [3_600_000, -86_400_000]) {
    machineMs += jumpMs
    assert.ok(Math.abs(pass(0.5)) <= 1_000_000)
  }
  // A minute that the other clock takes for 60.006 seconds.
  for (let i = 0; i < 600; i++) assert.ok(Math.abs(pass(100, 1.0001)) <= 1_000_000)
})

test("the machine's clock is that of the system", () => {
  const before = Date.now()
  const ms = Number(MACHINE.realtime() / 1_000_000n)
  assert.ok(before <= ms && ms <= Date.now() + 1, `${ms} is not between ${before} and now`)
})
