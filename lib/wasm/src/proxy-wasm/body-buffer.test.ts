import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BodyBuffer } from './body-buffer.ts'

const piece = fc.uint8Array({ maxLength: 6 })
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('append' as const, 'prepend' as const, 'take' as const), piece }),
  fc.record({ kind: fc.constant('removeFirst' as const), count: fc.nat(12) }),
  fc.record({ kind: fc.constantFrom('clear' as const, 'bytes' as const) }),
)

test('it has the bytes that one array would have', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const buffer = new BodyBuffer()
      let model: number[] = []
      for (const each of steps) {
        switch (each.kind) {
          case 'append':
            buffer.append(each.piece)
            model = model.concat([...each.piece])
            break
          case 'prepend':
            buffer.prepend(each.piece)
            model = [...each.piece].concat(model)
            break
          case 'take': {
            const other = new BodyBuffer()
            other.append(each.piece)
            buffer.take(other)
            assert.equal(other.length, 0)
            model = model.concat([...each.piece])
            break
          }
          case 'removeFirst':
            buffer.removeFirst(each.count)
            model = model.slice(each.count)
            break
          case 'clear':
            buffer.clear()
            model = []
            break
          case 'bytes':
            break
        }
        assert.equal(buffer.length, model.length)
        if (each.kind === 'bytes') assert.deepEqual([...buffer.bytes()], model)
      }
      assert.deepEqual([...buffer.bytes()], model)
    }),
    { numRuns: 1000, seed: 4 },
  )
})
