import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EbpfError } from '../../error.ts'
import { syntheticRing } from '../synthetic-ring.ts'
import type { Groups } from './groups.ts'
import { type AggregatePlan, HISTOGRAM_BUCKETS, layoutGroups, type Measure, type ValueField } from './plan.ts'
import { foldRing, tableBytes } from './ring-fold.ts'

const RING_BYTES = 65_536
const TABLE_AT = 8192 + 2 * RING_BYTES

function fold(plan: AggregatePlan, position = 0n) {
  const layout = layoutGroups(plan)
  const ring = syntheticRing(RING_BYTES, { position, extraBytes: tableBytes(layout) })
  return { ring, fold: foldRing(ring.region, layout, TABLE_AT, 1n) }
}

/** One group as plain data, numbers as BigInt. */
interface ModelGroup {
  records: bigint
  readonly values: Map<Measure, bigint>[]
}

/** The same aggregation in plain JavaScript. */
function model(plan: AggregatePlan, records: readonly Uint8Array[]) {
  const groups = new Map<string, ModelGroup>()
  const counts = { recordCount: 0, discardedCount: 0, shortCount: 0, filteredCount: 0 }
  const number = (record: Uint8Array, offset: number, bytes: number, signed = false) => {
    let value = 0n
    for (let i = bytes - 1; i >= 0; i--) value = value * 256n + BigInt(record[offset + i]!)
    return signed ? BigInt.asIntN(8 * bytes, value) : value
  }
  for (const record of records) {
    if (record.length < plan.recordBytes) {
      counts.shortCount++
      continue
    }
    if (plan.filter) {
      const { offset, bytes, mask = -1n, oneOf } = plan.filter
      const value = number(record, offset, bytes) & BigInt.asUintN(64, BigInt(mask))
      if (!oneOf.some((each) => BigInt.asUintN(8 * bytes, BigInt(each)) === value)) {
        counts.filteredCount++
        continue
      }
    }
    counts.recordCount++
    const fullKey = plan.key.map(({ offset, bytes }) =>
      Buffer.from(record.subarray(offset, offset + bytes)).toString('hex'),
    )
    let key = fullKey.join('')
    if (!groups.has(key) && [...groups.keys()].filter((each) => each !== 'other').length >= plan.groupsMax!)
      key = 'other'
    let group = groups.get(key)
    if (!group) groups.set(key, (group = { records: 0n, values: (plan.values ?? []).map(() => new Map()) }))
    group.records++
    for (const [index, field] of (plan.values ?? []).entries()) {
      const value = number(record, field.offset, field.bytes, field.signed)
      const kept = group.values[index]!
      for (const measure of field.measures) {
        const before = kept.get(measure)
        if (measure === 'sum') kept.set('sum', BigInt.asUintN(64, (before ?? 0n) + value))
        if (measure === 'min') kept.set('min', before === undefined || value < before ? value : before)
        if (measure === 'max') kept.set('max', before === undefined || value > before ? value : before)
        if (measure === 'log2') {
          // 64 counters in one number, 8 bits each: property runs never have 256 records.
          const bucket = Math.max(0, value.toString(2).length - 1)
          kept.set('log2', (before ?? 0n) + (1n << BigInt(8 * bucket)))
        }
      }
    }
  }
  return { groups, counts }
}

/** What the wasm module made, in the model's form, from the raw bytes. */
function told(groups: Groups): Map<string, ModelGroup> {
  const { layout, bytes } = groups
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const result = new Map<string, ModelGroup>()
  for (let group = 0; group <= groups.count; group++) {
    const at = group * layout.groupBytes
    const records = view.getBigUint64(at, true)
    if (records === 0n) continue
    const values = layout.measures.map((places, index) => {
      const { signed } = layout.plan.values![index]!
      return new Map(
        places.map(({ measure, offset }) => {
          if (measure !== 'log2') {
            const value = view.getBigUint64(at + offset, true)
            return [measure, signed && measure !== 'sum' ? BigInt.asIntN(64, value) : value]
          }
          let packed = 0n
          for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
            packed += BigInt(groups.histogram(group, index, bucket)) << BigInt(8 * bucket)
          return [measure, packed]
        }),
      )
    })
    result.set(group === 0 ? 'other' : Buffer.from(groups.key(group)).toString('hex'), { records, values })
  }
  return result
}

const slice = (recordBytes: number) =>
  fc
    .tuple(fc.nat({ max: recordBytes - 1 }), fc.integer({ min: 1, max: 24 }))
    .map(([offset, bytes]) => ({ offset, bytes: Math.min(bytes, recordBytes - offset) }))
const numberSlice = (recordBytes: number) =>
  fc
    .tuple(fc.constantFrom(1, 2, 4, 8), fc.nat({ max: 1000 }))
    .map(([bytes, place]) => ({ bytes, offset: place % (recordBytes - bytes + 1) }))
const valueField = (recordBytes: number): fc.Arbitrary<ValueField> =>
  fc
    .tuple(numberSlice(recordBytes), fc.boolean(), fc.subarray<Measure>(['sum', 'min', 'max', 'log2']))
    .map(([{ offset, bytes }, signed, measures]) => ({
      offset,
      bytes,
      signed,
      measures: signed ? measures.filter((each) => each !== 'log2') : measures,
    }))
const plans: fc.Arbitrary<AggregatePlan> = fc.integer({ min: 8, max: 64 }).chain((recordBytes) =>
  fc.record({
    recordBytes: fc.constant(recordBytes),
    key: fc.array(slice(recordBytes), { maxLength: 4 }),
    values: fc.array(valueField(recordBytes), { maxLength: 4 }),
    filter: fc.option(
      fc
        .tuple(numberSlice(recordBytes), fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }))
        .map(([{ offset, bytes }, oneOf]) => ({ offset, bytes, oneOf, mask: 3 })),
      { nil: undefined },
    ),
    groupsMax: fc.integer({ min: 1, max: 40 }),
  }),
)
// Few distinct bytes, so that groups meet again; the extremes, for signs and histograms.
const someRecord = fc
  .uint8Array({ minLength: 0, maxLength: 80 })
  .map((bytes) => bytes.map((each) => [0, 1, 127, 128, 255][each % 5]!))
const fullRecord = fc
  .tuple(fc.constantFrom(0, 1, 128, 255), fc.constantFrom(0, 1, 2, 255), fc.nat({ max: 63 }))
  .map(([fill, mark, at]) => new Uint8Array(64).fill(fill).fill(mark, at, at + 2))
const recordLists = fc.array(fc.oneof(fullRecord, fullRecord, someRecord), { maxLength: 120 })

test('any plan over any records: the groups of the plain model', () => {
  const starts = fc.constantFrom(0n, 2n ** 32n - 64n, 2n ** 64n - 64n)
  const property = fc.property(plans, recordLists, starts, (plan, records, position) => {
    const { ring, fold: folding } = fold(plan, position)
    for (const record of records) {
      if (ring.push(record)) continue
      folding.drain(Infinity)
      assert.ok(ring.push(record))
    }
    folding.drain(Infinity)
    const expected = model(plan, records)
    assert.deepEqual(folding.counts(), expected.counts)
    assert.deepEqual(told(folding.groups()), expected.groups)
    assert.deepEqual(told(folding.take()), expected.groups)
    assert.equal(folding.groups().count, 0)
    assert.equal(ring.consumerPosition(), ring.producerPosition())
  })
  fc.assert(property, { seed: 6, numRuns: 150 })
})

const COUNT_BY_FIRST_BYTE: AggregatePlan = {
  recordBytes: 8,
  key: [{ offset: 0, bytes: 1 }],
  values: [{ offset: 4, bytes: 4, signed: true, measures: ['sum', 'min', 'max'] }],
}
const record = (key: number, value: number) => {
  const bytes = new Uint8Array(8)
  bytes[0] = key
  new DataView(bytes.buffer).setInt32(4, value, true)
  return bytes
}

test('numbers, keys and the empty other', () => {
  const { ring, fold: folding } = fold(COUNT_BY_FIRST_BYTE)
  for (const value of [5, -7, 3]) ring.push(record(9, value))
  assert.equal(folding.drain(Infinity), 3)
  const groups = folding.take()
  assert.equal(groups.count, 1)
  assert.equal(groups.keyField(1, 0), 9)
  assert.deepEqual([...groups.key(1)], [9])
  assert.equal(groups.records(1), 3)
  assert.equal(groups.value(1, 0, 'sum'), 1)
  assert.equal(groups.value(1, 0, 'min'), -7)
  assert.equal(groups.value(1, 0, 'max'), 5)
  assert.equal(groups.records(0), 0)
  assert.throws(() => groups.value(1, 1, 'sum'), RangeError)
})

test('stops at its budget and at a busy record', () => {
  const { ring, fold: folding } = fold(COUNT_BY_FIRST_BYTE)
  for (let i = 0; i < 5; i++) ring.push(record(1, i))
  assert.equal(folding.drain(2), 2)
  assert.equal(folding.drain(0), 0)
  assert.equal(folding.drain(Infinity), 3)
  const busy = ring.reserve(8)
  ring.push(record(1, 0))
  assert.equal(folding.drain(Infinity), 0)
  ring.commit(busy, record(2, 0), true)
  assert.equal(folding.drain(Infinity), 1)
  assert.equal(folding.counts().discardedCount, 1)
  assert.equal(folding.groups().records(1), 6)
})

test('tells the consumer position at least every 64 KiB or quarter of the ring', () => {
  const { ring, fold: folding } = fold({ ...COUNT_BY_FIRST_BYTE, groupsMax: 1 })
  while (ring.push(record(1, 1)));
  const busy = Number(ring.consumerPosition())
  assert.equal(folding.drain(1), 1)
  assert.equal(Number(ring.consumerPosition()) - busy, 16)
})

test('whatever the headers say, it stays within the ring and ends', () => {
  const headers = fc.array(
    fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 0xffff_ffff }), fc.constantFrom(0x3fff_ffff, 0x4000_0008)),
    { minLength: 1, maxLength: 64 },
  )
  const position = fc.bigInt({ min: 0n, max: 2n ** 40n })
  const property = fc.property(headers, position, position, (words, start, ahead) => {
    const { ring, fold: folding } = fold(COUNT_BY_FIRST_BYTE)
    const view = new DataView(ring.region.memory.buffer)
    for (let at = 0; at < 2 * RING_BYTES; at += 8)
      view.setUint32(ring.region.dataAt + at, words[(at / 8) % words.length]!, true)
    ring.positions[0] = start & ~7n
    ring.positions[512] = (start + (ahead % 70_000n)) & ~7n
    try {
      assert.ok(folding.drain(Infinity) <= RING_BYTES / 8)
    } catch (error) {
      assert.ok(error instanceof EbpfError && error.code === 'system', String(error))
    }
  })
  fc.assert(property, { seed: 7, numRuns: 150 })
})

test('a plan that cannot be is refused', () => {
  const key = [{ offset: 0, bytes: 4 }]
  const refused: readonly Partial<AggregatePlan>[] = [
    { key: [{ offset: 6, bytes: 4 }] },
    { key: [{ offset: -1, bytes: 4 }] },
    { key: Array.from({ length: 17 }, () => ({ offset: 0, bytes: 8 })) },
    { values: [{ offset: 0, bytes: 3, measures: ['sum'] }] },
    { values: [{ offset: 0, bytes: 4, signed: true, measures: ['log2'] }] },
    { values: [{ offset: 0, bytes: 4, measures: ['sum', 'sum'] }] },
    { filter: { offset: 0, bytes: 4, oneOf: [] } },
    { groupsMax: 0 },
    { groupsMax: 2 ** 21 },
    { recordBytes: 1.5 },
  ]
  for (const change of refused) {
    const isArgument = (error: unknown) => error instanceof EbpfError && error.code === 'argument'
    assert.throws(() => layoutGroups({ recordBytes: 8, key, ...change }), isArgument, JSON.stringify(change))
  }
})
