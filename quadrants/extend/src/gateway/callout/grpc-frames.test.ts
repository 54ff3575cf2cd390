import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grpcFrame, GrpcFrames } from './grpc-frames.ts'

test('messages come out whole, in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (messages, sizes) => {
        const bytes = Buffer.concat(messages.map(grpcFrame))
        const frames = new GrpcFrames()
        const seen: number[][] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          assert.ok(frames.add(bytes.subarray(at, at + size), (message) => seen.push([...message])))
          at += size
        }
        assert.deepEqual(
          seen,
          messages.map((message) => [...message]),
        )
        assert.equal(frames.isInMessage, false)
      },
    ),
    { numRuns: 500, seed: 5 },
  )
})

test('a message that is compressed, or too long, ends the stream', () => {
  const none = (): void => assert.fail('it is a message')
  assert.equal(new GrpcFrames().add(Uint8Array.of(1, 0, 0, 0, 0), none), false)
  assert.equal(new GrpcFrames().add(Uint8Array.of(0, 0xff, 0, 0, 0), none), false)
  const cut = new GrpcFrames()
  assert.ok(cut.add(Uint8Array.of(0, 0, 0, 0, 3, 1), none))
  assert.ok(cut.isInMessage)
})
