import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EbpfError } from '../error.ts'
import { BUSY_BIT } from './region.ts'
import { cursorBytes, ringCursor } from './ring-cursor.ts'
import { type SyntheticRing, syntheticRing } from './synthetic-ring.ts'

const RING_BYTES = 4096

const ringOf = (position = 0n) => syntheticRing(RING_BYTES, { position, extraBytes: cursorBytes(RING_BYTES) })
const cursorOf = (ring: SyntheticRing) => ringCursor(ring.region, 8192 + 2 * RING_BYTES)

/** Drains into copies of the records, as hex. */
function collect(ring: SyntheticRing, maxRecords?: number): string[] {
  const records: string[] = []
  cursorOf(ring).drain((words, at, byteLength) => {
    records.push(Buffer.from(words.buffer as ArrayBuffer, at * 4, byteLength).toString('hex'))
  }, maxRecords)
  return records
}

const recordBytes = fc.uint8Array({ maxLength: 300 })

test('gives the records that were pushed, in order, wherever the positions start', () => {
  const starts = fc.constantFrom(
    0n,
    4088n,
    2n ** 32n - 8n,
    2n ** 32n - 4096n,
    2n ** 33n - 64n,
    2n ** 64n - 128n,
  )
  const property = fc.property(starts, fc.array(recordBytes, { maxLength: 60 }), (position, records) => {
    const ring = ringOf(position)
    const seen: string[] = []
    const expected: string[] = []
    for (const record of records) {
      if (!ring.push(record)) {
        seen.push(...collect(ring))
        assert.ok(ring.push(record), 'room again once the consumer position is told')
      }
      expected.push(Buffer.from(record).toString('hex'))
    }
    seen.push(...collect(ring))
    assert.deepEqual(seen, expected)
    assert.equal(ring.consumerPosition(), ring.producerPosition())
  })
  fc.assert(property, { seed: 1, numRuns: 200 })
})

test('stops at a busy record and goes on once it is committed', () => {
  const ring = ringOf()
  ring.push(Uint8Array.of(1))
  const busy = ring.reserve(1)
  ring.push(Uint8Array.of(3))
  assert.equal(cursorOf(ring).readable(), true)
  assert.deepEqual(collect(ring), ['01'])
  assert.equal(cursorOf(ring).readable(), false)
  assert.deepEqual(collect(ring), [])
  ring.commit(busy, Uint8Array.of(2))
  assert.deepEqual(collect(ring), ['02', '03'])
})

test('skips discarded records and does not count them', () => {
  const ring = ringOf()
  ring.commit(ring.reserve(5), new Uint8Array(5), true)
  ring.push(Uint8Array.of(7))
  assert.deepEqual(collect(ring), ['07'])
  assert.equal(ring.consumerPosition(), ring.producerPosition())
})

test('reads at most maxRecords and keeps the rest', () => {
  const ring = ringOf()
  for (let i = 0; i < 5; i++) ring.push(Uint8Array.of(i))
  assert.deepEqual(collect(ring, 2), ['00', '01'])
  assert.deepEqual(collect(ring, 0), [])
  assert.deepEqual(collect(ring), ['02', '03', '04'])
})

test('a callback that throws ends the drain with its record read', () => {
  const ring = ringOf()
  for (let i = 0; i < 3; i++) ring.push(Uint8Array.of(i))
  const thrown = new Error('enough')
  const drain = () =>
    cursorOf(ring).drain(() => {
      throw thrown
    })
  assert.throws(drain, thrown)
  assert.deepEqual(collect(ring), ['01', '02'])
})

test('a callback that drains again is refused, and each record is given once', () => {
  const ring = ringOf()
  for (let i = 0; i < 4; i++) ring.push(Uint8Array.of(i))
  const cursor = cursorOf(ring)
  const seen: number[] = []
  const take = (words: Uint32Array, at: number) => {
    seen.push(words[at]! & 0xff)
    assert.throws(() => cursor.drain(take), EbpfError)
  }
  cursor.drain(take)
  assert.deepEqual(seen, [0, 1, 2, 3])
})

test('whatever the headers say, it reads within the ring and ends', () => {
  const header = fc.oneof(
    fc.nat({ max: 200 }),
    fc.constantFrom(0x3fff_ffff, 0x7fff_ffff, 0x4000_0000, BUSY_BIT, 0xffff_ffff, 4096, 4088, 8192),
    fc.nat({ max: 0xffff_ffff }),
  )
  const property = fc.property(
    fc.array(header, { minLength: 1, maxLength: 64 }),
    fc.bigInt({ min: 0n, max: 2n ** 40n }),
    fc.oneof(fc.bigInt({ min: 0n, max: 4096n }), fc.bigInt({ min: 0n, max: 2n ** 40n })),
    (headers, start, ahead) => {
      const ring = ringOf()
      const view = new DataView(ring.region.memory.buffer)
      for (let at = 0; at < 2 * RING_BYTES; at += 8)
        view.setUint32(ring.region.dataAt + at, headers[(at / 8) % headers.length]!, true)
      ring.positions[0] = start & ~7n
      ring.positions[512] = (start + ahead) & ~7n
      let count = 0
      try {
        cursorOf(ring).drain((_, at, byteLength) => {
          count++
          assert.ok(at * 4 >= ring.region.dataAt)
          assert.ok(at * 4 + byteLength <= ring.region.dataAt + 2 * RING_BYTES)
        })
      } catch (error) {
        assert.ok(error instanceof EbpfError && error.code === 'system', String(error))
      }
      assert.ok(count <= RING_BYTES / 8)
    },
  )
  fc.assert(property, { seed: 2, numRuns: 500 })
})
