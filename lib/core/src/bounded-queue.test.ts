import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from './bounded-queue.ts'

test('behaves as an array that refuses what is over the limit, and counts it', () => {
  const operations = fc.array(fc.oneof(fc.nat(), fc.constant('shift' as const)), { maxLength: 300 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), operations, (limit, operations) => {
      const queue = new BoundedQueue<number>(limit)
      const model: number[] = []
      let dropped = 0
      for (const operation of operations) {
        if (operation === 'shift') assert.equal(queue.shift(), model.shift())
        else if (model.length < limit) {
          assert.equal(queue.push(operation), true)
          model.push(operation)
        } else {
          assert.equal(queue.push(operation), false)
          dropped++
        }
        assert.equal(queue.length, model.length)
        assert.equal(queue.peek(), model[0])
      }
      assert.deepEqual([...queue], model)
      assert.equal(queue.droppedCount, dropped)
    }),
    { seed: 6, numRuns: 300 },
  )
})

test('a limit that is no limit is refused', () => {
  for (const limit of [0, -1, 1.5, Number.NaN]) assert.throws(() => new BoundedQueue(limit), RangeError)
})
