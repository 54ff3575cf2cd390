import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RecentCache } from './recent-cache.ts'

test('what is used stays, what is not goes, and what is held is counted and bounded', () => {
  const bytesMax = 100
  const step = fc.record({ key: fc.nat(20), bytes: fc.integer({ min: 1, max: 60 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const held = new Map<number, { bytes: number }>()
      const cache = new RecentCache<{ bytes: number }>(bytesMax, ({ bytes }) => bytes)
      for (const { key, bytes } of steps) {
        const known = cache.get(key)
        // Never another's value, nor one that was set over.
        if (known !== undefined) assert.equal(known, held.get(key))
        else {
          const value = { bytes }
          held.set(key, value)
          cache.set(key, value)
          assert.equal(cache.get(key), bytes > bytesMax / 2 ? undefined : value)
        }
        assert.ok(cache.byteLength <= bytesMax)
      }
      const seen = [...held].filter(([key, value]) => cache.get(key) === value)
      assert.ok(seen.reduce((sum, [, { bytes }]) => sum + bytes, 0) >= cache.byteLength)
    }),
    { seed: 6, numRuns: 200 },
  )
})

test('a value that is asked for all the time outlives many others', () => {
  const cache = new RecentCache<string>(1000, () => 10)
  cache.set(0, 'kept')
  cache.set(1, 'left')
  for (let key = 2; key < 500; key++) {
    cache.set(key, 'other')
    assert.equal(cache.get(0), 'kept')
  }
  assert.equal(cache.get(1), undefined)
})
