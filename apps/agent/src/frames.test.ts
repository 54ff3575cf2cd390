import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BatchSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { encodeFrames } from './frames.ts'

test('a batch that fits is one frame, as it is', () => {
  const batch = create(BatchSchema, { startNs: 1, processes: [{ key: '1@1' }], edges: [{ opened: 1 }] })
  assert.deepEqual(encodeFrames(batch), [toBinary(BatchSchema, batch)])
})

test('a batch that does not fit: each frame fits, each process is told, the rest is told or counted', () => {
  const text = fc.string({ maxLength: 400 })
  const batches = fc.record({
    processes: fc.array(fc.record({ key: text, exe: text, argv: fc.array(text, { maxLength: 3 }) }), {
      maxLength: 60,
    }),
    edges: fc.nat(400),
    flows: fc.nat(400),
  })
  fc.assert(
    fc.property(batches, ({ processes, edges, flows }) => {
      const batch = create(BatchSchema, {
        startNs: 5,
        endNs: 6,
        processes,
        edges: Array.from({ length: edges }, (_, i) => ({ opened: i + 1, bytesToServer: 2 ** 40 })),
        flows: { count: flows, cookie: Array.from({ length: flows }, (_, i) => i + 1) },
        drops: [{ stage: 'kernel.ring', reason: 'full', count: 3 }],
      })
      const frames = encodeFrames(batch, 6000)
      const decoded = frames.map((bytes) => fromBinary(BatchSchema, bytes))
      for (const bytes of frames) assert.ok(bytes.length <= 6000, `${bytes.length} bytes`)
      assert.deepEqual(
        decoded.flatMap((frame) => frame.processes.map(({ key }) => key)),
        processes.map(({ key }) => key),
      )
      const last = decoded.at(-1)!
      for (const frame of decoded.slice(0, -1)) {
        assert.equal(frame.edges.length + (frame.flows?.count ?? 0) + frame.drops.length, 0)
        assert.deepEqual([frame.startNs, frame.endNs], [5, 6])
      }
      const dropped = (reason: string) => last.drops.find((drop) => drop.reason === reason)?.count ?? 0
      assert.equal(last.edges.length + dropped('too-large-edges'), edges)
      assert.equal((last.flows?.count ?? 0) + dropped('too-large-flows'), flows)
      assert.equal(dropped('full'), 3)
      // Telling it again, after a write that failed, says the same.
      assert.deepEqual(encodeFrames(batch, 6000), frames)
    }),
    { seed: 3, numRuns: 60 },
  )
})
