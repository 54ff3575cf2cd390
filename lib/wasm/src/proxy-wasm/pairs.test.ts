import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeaderMap } from './header-map.ts'
import { pairsByteLength, readPairs, writePairs } from './pairs.ts'

const bytes = fc.uint8Array({ maxLength: 12 }).map((some) => Buffer.from(some).toString('latin1'))

function written(map: HeaderMap): Buffer {
  const target = Buffer.alloc(pairsByteLength(map.names, map.values))
  writePairs(map.names, map.values, target, 0)
  return target
}

test('what is written is read again, whatever bytes it is', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: 8 }), (pairs) => {
      const map = new HeaderMap()
      // Without the order of pseudo-headers, which a map keeps.
      for (const [name, value] of pairs) map.append(`x${name}`, value)
      const read = readPairs(written(map), (name) => name)
      assert.deepEqual([...(read ?? [])], [...map])
    }),
    { numRuns: 1000, seed: 11 },
  )
})

test('the layout is that of the C++ host', () => {
  const map = HeaderMap.of([['a', 'bc']])
  assert.equal(written(map).toString('hex'), '0100000001000000020000006100626300')
  assert.equal(readPairs(Buffer.alloc(0), (name) => name)?.size, 0)
  // The C++ host does not look at the zero behind the last value.
  assert.equal(readPairs(written(map).subarray(0, -1), (name) => name)?.get('a'), 'bc')
})

test('bytes that say more than there are are no pairs', () => {
  const huge = Buffer.from('ffffffff', 'hex')
  assert.equal(
    readPairs(huge, (name) => name),
    undefined,
  )
  assert.equal(
    readPairs(Buffer.from('01000000ffffffff00000000', 'hex'), (name) => name),
    undefined,
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(bytes, bytes), { maxLength: 4 }),
      fc.nat(60),
      fc.nat(255),
      (pairs, at, byte) => {
        const broken = written(HeaderMap.of(pairs))
        broken[at % broken.length] = byte
        const read = readPairs(broken.subarray(0, broken.length - (byte % 3)), (name) => name)
        assert.ok(read === undefined || read.byteLength <= broken.length)
      },
    ),
    { numRuns: 2000, seed: 12 },
  )
})
