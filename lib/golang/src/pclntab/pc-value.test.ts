import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PcRanges, pcValueAt } from './pc-value.ts'

/** The value at an offset, as the format's description says to look for it: pair by pair from the start. */
function walk(bytes: Uint8Array, table: number, quantum: number, pcOffset: number): number {
  let at = table
  const varint = () => {
    let result = 0n
    for (let shift = 0n; shift < 35n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      result |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(BigInt.asUintN(32, result))
    }
    return undefined
  }
  let value = -1
  let pc = 0
  for (let isFirst = true; ; isFirst = false) {
    const zigzag = varint()
    if (zigzag === undefined || (zigzag === 0 && !isFirst)) return -1
    value = Number(BigInt.asIntN(32, BigInt(value) + ((BigInt(zigzag) >> 1n) ^ -(BigInt(zigzag) & 1n))))
    const difference = varint()
    if (difference === undefined) return -1
    pc += difference * quantum
    if (pcOffset < pc) return value
  }
}

/** Small numbers, as in real tables, and any. */
const byte = fc.oneof(fc.nat(127), fc.nat(255))
const tables = fc.uint8Array({ minLength: 8, maxLength: 300 }).chain((any) =>
  fc.record({
    bytes: fc
      .array(byte, { minLength: any.length, maxLength: any.length })
      .map((small) => Uint8Array.from(small)),
    starts: fc.array(fc.integer({ min: 1, max: any.length - 1 }), { minLength: 3, maxLength: 3 }),
    quantum: fc.constantFrom(1, 2, 4),
    pieceBytes: fc.integer({ min: 1, max: 64 }),
    size: fc.integer({ min: 1, max: 100_000 }),
  }),
)

test('ranges tell at each offset what going through the table from its start does, whatever is in it', () => {
  const ranges = new PcRanges()
  let valueCount = 0
  fc.assert(
    fc.property(tables, ({ bytes, starts, quantum, pieceBytes, size }) => {
      ranges.clear()
      // A source gives pieces that end anywhere.
      const read = (at: number) => bytes.subarray(at, at + pieceBytes - (at % pieceBytes))
      const ends = starts.map((start) => ranges.add(read, start, { size, quantum }, 1000))
      const words = ranges.ranges()
      for (const [index, start] of starts.entries())
        for (let offset = 0; offset < size; offset += 1 + (offset >> 5)) {
          const value = pcValueAt(words, ends[index - 1] ?? 0, ends[index]!, offset)
          assert.equal(value, walk(bytes, start, quantum, offset))
          if (value !== -1) valueCount++
        }
    }),
    { seed: 6, numRuns: 300 },
  )
  assert.ok(valueCount > 10_000, `${valueCount} values`)
})

test('of a table without an end only so many pairs are read, and only what the code needs', () => {
  const ranges = new PcRanges()
  let readCount = 0
  const read = () => {
    readCount++
    return Uint8Array.of(2, 1, 1, 1)
  }
  assert.equal(ranges.add(read, 8, { size: 2 ** 31, quantum: 1 }, 100_000), 200_000)
  assert.equal(readCount, 50_000)
  ranges.clear()
  assert.equal(ranges.add(read, 8, { size: 5, quantum: 1 }, 100_000), 10)
  assert.equal(pcValueAt(ranges.ranges(), 0, 10, 5), -1)
  // Pairs that are of no code are counted too.
  ranges.clear()
  assert.equal(
    ranges.add(() => Uint8Array.of(2, 0), 8, { size: 5, quantum: 1 }, 100_000),
    0,
  )
  assert.equal(ranges.add(read, 0, { size: 5, quantum: 1 }, 100_000), 0)
})
