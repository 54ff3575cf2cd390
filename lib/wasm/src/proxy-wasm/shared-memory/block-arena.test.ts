import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NO_BLOCK, orderOf } from './block-arena.ts'
import { ORDER_MAX } from './layout.ts'
import { SharedMemory } from './shared-memory.ts'

const step = fc.oneof(
  fc.record({ take: fc.integer({ min: 1, max: 1 << ORDER_MAX }) }),
  fc.record({ take: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ give: fc.nat(40) }),
  fc.record({ rebuild: fc.constant(true) }),
)

test('blocks never overlap, lie where their size says, and become one again', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { arena, region } = SharedMemory.create({ bytesMax: 2 << 20 })
      const used: number[] = []
      for (const now of steps) {
        if ('take' in now) {
          const order = orderOf(now.take)
          assert.ok(1 << order >= now.take)
          const block = arena.take(order)
          if (block === NO_BLOCK) continue
          assert.equal((block - region.layout.arena) % (1 << order), 0)
          assert.equal(arena.orderAt(block), order)
          for (const other of used)
            assert.ok(block + (1 << order) <= other || other + (1 << arena.orderAt(other)) <= block)
          // Whoever has a block may write all of it.
          region.bytes.fill(0xff, block, block + (1 << order))
          used.push(block)
        } else if ('give' in now) {
          const [block] = used.splice(now.give, 1)
          if (block !== undefined) arena.give(block)
        } else arena.rebuild(used)
      }
      for (const block of used) arena.give(block)
      assert.notEqual(arena.take(ORDER_MAX), NO_BLOCK)
      assert.notEqual(arena.take(ORDER_MAX), NO_BLOCK)
      assert.equal(arena.take(6), NO_BLOCK)
    }),
    { numRuns: 150, seed: 3 },
  )
})
