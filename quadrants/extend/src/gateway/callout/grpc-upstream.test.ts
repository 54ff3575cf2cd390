import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grpcUpstream } from './grpc-upstream.ts'

/** A field 1 with a length (protobuf's wire type 2). */
function field1(content: Uint8Array): Uint8Array {
  const length =
    content.length < 128 ? [content.length] : [(content.length & 0x7f) | 0x80, content.length >> 7]
  return Buffer.concat([Uint8Array.of(0x0a, ...length), content])
}

test('a name is taken as it is, and out of a GrpcService', () => {
  assert.deepEqual(grpcUpstream(Buffer.from('auth')), { cluster: 'auth', isMessage: false })
  for (const cluster of ['auth', 'a'.repeat(200)])
    assert.deepEqual(grpcUpstream(field1(field1(Buffer.from(cluster)))), { cluster, isMessage: true })
})

test('bytes that are neither are nothing, whatever they are', () => {
  assert.equal(grpcUpstream(Uint8Array.of(0xff, 0xfe)), undefined)
  assert.equal(grpcUpstream(new Uint8Array(5000)), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      grpcUpstream(bytes)
    }),
    { numRuns: 500, seed: 3 },
  )
})
