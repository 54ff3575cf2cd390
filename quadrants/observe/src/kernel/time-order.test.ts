import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SOCK_BYTES, SOCK_WORDS, SockWord } from './record.ts'
import { TimeOrder } from './time-order.ts'

function record(ts: number, value: number): Uint32Array {
  const words = new Uint32Array(SOCK_WORDS)
  words[SockWord.ts] = ts % 0x1_0000_0000
  words[SockWord.ts + 1] = Math.floor(ts / 0x1_0000_0000)
  words[SockWord.uid] = value
  return words
}

test('every record is told once, by time, and not before its time', () => {
  const turns = fc.array(
    fc.record({
      records: fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { maxLength: 30 }),
      until: fc.integer({ min: 0, max: 2 ** 40 }),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(turns, (all) => {
      const order = new TimeOrder()
      const told: Array<{ ts: number; value: number }> = []
      let value = 0
      const given: number[] = []
      const turn = (records: readonly number[], until: number): void => {
        const before = told.length
        for (const ts of records) {
          order.add(record(ts, value), 0, SOCK_BYTES)
          given[value] = ts
          value += 1
        }
        order.deliver(until, (words, at) => {
          const ts = words[at + SockWord.ts + 1]! * 0x1_0000_0000 + words[at + SockWord.ts]!
          told.push({ ts, value: words[at + SockWord.uid]! })
        })
        const now = told.slice(before).map(({ ts }) => ts)
        assert.ok(now.every((ts) => ts <= until))
        assert.deepEqual(
          now,
          now.toSorted((a, b) => a - b),
        )
      }
      for (const { records, until } of all) turn(records, until)
      turn([], 2 ** 41)
      assert.equal(told.length, given.length)
      for (const { ts, value } of told) assert.equal(ts, given[value])
    }),
    { seed: 7, numRuns: 100 },
  )
})

test('more records than there was room for', () => {
  const order = new TimeOrder()
  for (let i = 0; i < 5000; i++) order.add(record(5000 - i, i), 0, SOCK_BYTES)
  let last = 0
  let count = 0
  order.deliver(5000, (words, at) => {
    assert.ok(words[at + SockWord.ts]! > last)
    last = words[at + SockWord.ts]!
    count += 1
  })
  assert.equal(count, 5000)
})
