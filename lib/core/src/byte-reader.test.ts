import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteReaderError } from './byte-reader.ts'

test('reads numbers in both byte orders', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  assert.equal(new ByteReader(bytes).u32(), 0x04030201)
  assert.equal(new ByteReader(bytes, { littleEndian: false }).u32(), 0x01020304)
  assert.equal(new ByteReader(bytes).u64(), 0x0807060504030201n)
})

test('a size above 2^53 - 1 is refused with its place', () => {
  assert.throws(
    () => new ByteReader(new Uint8Array(8).fill(0xff)).size(),
    /at byte 0: size 18446744073709551615/,
  )
})

test('no sequence of reads leaves the bytes', () => {
  const read = fc.constantFrom('u8', 'u16', 'u32', 'i32', 'u64', 'size', 'cstring', 'take', 'skip', 'seek')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.tuple(read, fc.integer())), (bytes, reads) => {
      const reader = new ByteReader(bytes)
      for (const [method, argument] of reads) {
        try {
          if (method === 'take' || method === 'skip' || method === 'seek') reader[method](argument)
          else reader[method]()
        } catch (error) {
          assert.ok(error instanceof ByteReaderError || (error instanceof RangeError && method === 'size'))
        }
        assert.ok(reader.offset >= 0 && reader.offset <= bytes.length)
      }
    }),
    { seed: 5, numRuns: 500 },
  )
})
