import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EbpfError } from '../error.ts'
import { perfCursor } from './perf-cursor.ts'
import { PERF_RECORD_LOST, PERF_RECORD_SAMPLE, type PerfRegion } from './perf-region.ts'

const DATA_BYTES = 4096
const REGION: Omit<PerfRegion, 'memory'> = {
  pageAt: 0,
  dataAt: 4096,
  dataBytes: DATA_BYTES,
  scratchAt: 65_536,
}

/** The kernel's side: records go to the head, wrapping around byte by byte. */
function perfRing(position: bigint) {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 })
  const positions = new BigUint64Array(memory.buffer, 1024, 2)
  const bytes = new Uint8Array(memory.buffer)
  positions.fill(position)
  return {
    region: { ...REGION, memory },
    positions,
    push(type: number, body: Uint8Array): boolean {
      const record = new Uint8Array(8 + Math.ceil(body.length / 8) * 8)
      const view = new DataView(record.buffer)
      view.setUint32(0, type, true)
      view.setUint16(6, record.length, true)
      record.set(body, 8)
      if (positions[0]! + BigInt(record.length) - positions[1]! > BigInt(DATA_BYTES)) return false
      for (const [i, byte] of record.entries())
        bytes[REGION.dataAt + Number((positions[0]! + BigInt(i)) % BigInt(DATA_BYTES))] = byte
      positions[0] = positions[0]! + BigInt(record.length)
      return true
    },
  }
}

function sample(data: Uint8Array): Uint8Array {
  const body = new Uint8Array(4 + data.length)
  new DataView(body.buffer).setUint32(0, data.length, true)
  body.set(data, 4)
  return body
}

test('gives samples in order and adds up lost ones, wherever the positions start', () => {
  const starts = fc.constantFrom(0n, 4088n, 2n ** 32n - 8n, 2n ** 33n - 64n, 2n ** 64n - 128n)
  const lost = fc.record({ lost: fc.nat({ max: 1e9 }) })
  const pushes = fc.array(fc.oneof(fc.uint8Array({ maxLength: 500 }), lost, fc.constant('throttle')), {
    maxLength: 40,
  })
  const property = fc.property(starts, pushes, (position, items) => {
    const ring = perfRing(position)
    const cursor = perfCursor(ring.region)
    const seen: string[] = []
    const drain = () =>
      cursor.drain((words, at, byteLength) => {
        seen.push(Buffer.from(words.buffer as ArrayBuffer, at * 4, byteLength).toString('hex'))
      })
    const expected: string[] = []
    let expectedLost = 0
    for (const item of items) {
      const samples = item instanceof Uint8Array
      const other = typeof item === 'object' && !samples
      const type = samples ? PERF_RECORD_SAMPLE : other ? PERF_RECORD_LOST : 5
      const body = samples
        ? sample(item)
        : new Uint8Array(BigUint64Array.of(1n, BigInt(other ? item.lost : 0)).buffer)
      if (!ring.push(type, body)) {
        drain()
        assert.ok(ring.push(type, body), 'room again once the tail is told')
      }
      if (samples) expected.push(Buffer.from(item).toString('hex'))
      if (other) expectedLost += item.lost
    }
    drain()
    assert.deepEqual(seen, expected)
    assert.equal(cursor.lostCount, expectedLost)
    assert.equal(ring.positions[0], ring.positions[1])
    assert.equal(cursor.readable(), false)
  })
  fc.assert(property, { seed: 8, numRuns: 200 })
})

test('whatever the headers say, it reads within the memory and ends', () => {
  const word = fc.oneof(
    fc.nat({ max: 0xffff_ffff }),
    fc.nat({ max: 64 }),
    fc.constantFrom(9, 2, 24 << 16, 8 << 16),
  )
  const position = fc.bigInt({ min: 0n, max: 2n ** 40n })
  const property = fc.property(
    fc.array(word, { minLength: 1, maxLength: 40 }),
    position,
    fc.oneof(fc.bigInt({ min: 0n, max: 4096n }), position),
    (words, start, ahead) => {
      const ring = perfRing(start & ~7n)
      ring.positions[0] = (start & ~7n) + ahead
      const view = new DataView(ring.region.memory.buffer)
      for (let at = 0; at < DATA_BYTES; at += 4)
        view.setUint32(REGION.dataAt + at, words[(at / 4) % words.length]!, true)
      let count = 0
      try {
        perfCursor(ring.region).drain((all, at, byteLength) => {
          count++
          assert.ok(at * 4 + byteLength <= all.byteLength)
        })
      } catch (error) {
        assert.ok(error instanceof EbpfError && error.code === 'system', String(error))
      }
      assert.ok(count <= DATA_BYTES / 8)
    },
  )
  fc.assert(property, { seed: 9, numRuns: 500 })
})
