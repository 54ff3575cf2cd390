import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HashChains } from './hash-chains.ts'

const CAPACITY = 8

test('chains hold what sets hold, over any additions and removals', () => {
  // Few buckets, so that most numbers share one; hashes of every size and sign.
  const hash = fc.constantFrom(0, 1, 16, 17, -1, 0xffff_ffff, 2 ** 33 + 1)
  const steps = fc.array(fc.record({ id: fc.nat(CAPACITY - 1), hash }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (plan) => {
      const chains = new HashChains(CAPACITY)
      const hashes = new Map<number, number>()
      for (const { id, hash } of plan) {
        const before = hashes.get(id)
        if (before === undefined) {
          assert.equal(chains.remove(hash, id), false)
          chains.add(hash, id)
          hashes.set(id, hash)
        } else {
          assert.equal(chains.remove(before, id), true)
          hashes.delete(id)
        }
        for (const bucket of new Set(hashes.values())) {
          const found = new Set<number>()
          for (let at = chains.first(bucket); at !== -1; at = chains.next[at]!) found.add(at)
          const alike = [...hashes].filter(([, other]) => ((other ^ bucket) & (CAPACITY * 2 - 1)) === 0)
          assert.deepEqual(found, new Set(alike.map(([one]) => one)))
        }
      }
      chains.clear()
      for (const bucket of hashes.values()) assert.equal(chains.first(bucket), -1)
    }),
    { seed: 7, numRuns: 200 },
  )
})
