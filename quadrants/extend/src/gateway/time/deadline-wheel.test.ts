import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Deadline, DeadlineWheel } from './deadline-wheel.ts'

class Driven {
  nowMs = 0
  call: (() => void) | undefined
  readonly wheel = new DeadlineWheel({
    now: () => this.nowMs,
    every: (_, call) => {
      this.call = call
      return () => (this.call = undefined)
    },
  })

  advance(ms: number): void {
    this.nowMs += ms
    this.call?.()
  }
}

test('none is early, none is more than two ticks late, none is told twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ delayMs: fc.integer({ min: 1, max: 30_000 }), afterMs: fc.nat(500) }), {
        maxLength: 40,
      }),
      (entries) => {
        const driven = new Driven()
        const told: number[] = []
        const expected: number[] = []
        for (const [index, { delayMs, afterMs }] of entries.entries()) {
          driven.advance(afterMs)
          const at = driven.nowMs + delayMs
          expected[index] = 1
          const owner = {
            onDeadline: () => {
              assert.ok(driven.nowMs >= at, 'early')
              assert.ok(driven.nowMs <= at + 540, 'late')
              told[index] = (told[index] ?? 0) + 1
            },
          }
          driven.wheel.set(new Deadline(owner), delayMs)
        }
        for (let i = 0; i < 1600; i++) driven.advance(20)
        assert.deepEqual(told, expected)
        assert.equal(driven.wheel.count, 0)
        assert.equal(driven.call, undefined, 'it ticks for nothing')
      },
    ),
    { numRuns: 60, seed: 7 },
  )
})

test('those that are told may clear and set others that are due at once', () => {
  const driven = new Driven()
  const told: string[] = []
  const second = new Deadline({ onDeadline: () => told.push('second') })
  const third = new Deadline({ onDeadline: () => told.push('third') })
  const first = new Deadline({
    onDeadline: () => {
      told.push('first')
      driven.wheel.clear(second)
      driven.wheel.set(third, 100)
    },
  })
  for (const deadline of [third, second, first]) driven.wheel.set(deadline, 50)
  driven.advance(90)
  assert.deepEqual(told, ['first'])
  driven.advance(200)
  assert.deepEqual(told, ['first', 'third'])
})

test('a thread that stood still tells what it missed', () => {
  const driven = new Driven()
  const told: number[] = []
  for (const delayMs of [10, 5000, 60_000])
    driven.wheel.set(new Deadline({ onDeadline: (kind) => told.push(kind) }, delayMs), delayMs)
  driven.advance(70_000)
  assert.deepEqual(
    told.toSorted((a, b) => a - b),
    [10, 5000, 60_000],
  )
})
