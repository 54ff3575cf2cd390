import assert from 'node:assert/strict'
import { test } from 'node:test'
import { structCodec } from '../btf/struct-codec.ts'
import { EbpfError } from '../error.ts'
import { Collection } from '../object/collection.ts'
import { NEEDS_BPF, testSpec } from '../testing/bpf-test.ts'
import { openAggregator } from './aggregate/aggregator.ts'
import { fieldOf } from './aggregate/field-of.ts'
import type { AggregatePlan } from './aggregate/plan.ts'
import { openPerfBuffer } from './perf-buffer.ts'
import type { RecordReader } from './record-reader.ts'
import { openRingBuffer } from './ring-buffer.ts'

const SPEC = testSpec('rings.bpf.o')
const EVENT = structCodec(SPEC.btf, 'struct event')

function load() {
  const collection = Collection.load(SPEC)
  return {
    collection,
    /** Runs a program that writes `count` events. */
    fill(program: 'fill_ring' | 'fill_perf', first: number, count: number) {
      const context = new Uint8Array(BigUint64Array.of(BigInt(first), BigInt(count)).buffer)
      collection.program(program).testRun({ context })
    },
    /** What the programs counted as lost. */
    lost(of: 'ring' | 'perf') {
      const value = collection.map('lost').lookup(new Uint8Array([of === 'ring' ? 0 : 1, 0, 0, 0]))!
      return Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true))
    },
    [Symbol.dispose]: () => collection[Symbol.dispose](),
  }
}

/** The numbers of the events, each checked to be what the program made of its number. */
function drainNumbers(reader: RecordReader, maxRecords?: number): number[] {
  const numbers: number[] = []
  const count = reader.drain((words, at, byteLength) => {
    const view = new DataView(words.buffer, at * 4, byteLength)
    const number = Number(view.getBigUint64(0, true))
    assert.equal(view.getUint32(EVENT.offset('peer.address'), true), number % 13)
    assert.equal(view.getUint32(EVENT.offset('bytes'), true), (number * 7) % 2 ** 32)
    numbers.push(number)
  }, maxRecords)
  assert.equal(count, numbers.length)
  return numbers
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)
const kept = (numbers: number[]) => numbers.filter((number) => number % 5 !== 4)

test('ring buffer: every submitted record once, in order, over many rounds of the ring', NEEDS_BPF, () => {
  using kernel = load()
  using reader = openRingBuffer(kernel.collection.map('ring'), { readLostCount: () => kernel.lost('ring') })
  let first = 0
  for (let round = 0; round < 200; round++) {
    const count = (round * 37) % 800
    kernel.fill('fill_ring', first, count)
    assert.deepEqual(drainNumbers(reader), kept(range(first, count)))
    first += count
  }
  assert.equal(reader.lostCount, 0)
})

test('ring buffer: what does not fit is counted, exactly', NEEDS_BPF, () => {
  using kernel = load()
  using reader = openRingBuffer(kernel.collection.map('ring'), { readLostCount: () => kernel.lost('ring') })
  kernel.fill('fill_ring', 0, 3000)
  const numbers = drainNumbers(reader, 100).concat(drainNumbers(reader))
  // The ones that fitted are the first ones.
  const fitted = 3000 - reader.lostCount
  assert.ok(reader.lostCount > 0)
  assert.deepEqual(numbers, kept(range(0, fitted)))
})

test('ring buffer: wait ends with data, with time, and with an interruption', NEEDS_BPF, () => {
  using kernel = load()
  using reader = openRingBuffer(kernel.collection.map('ring'))
  assert.equal(reader.wait(1), false)
  reader.interrupt()
  assert.equal(reader.wait(60_000), false)
  kernel.fill('fill_ring', 0, 1)
  assert.equal(reader.wait(60_000), true)
  assert.deepEqual(drainNumbers(reader), [0])
  // A discarded record alone is nothing to wait for, but must not stay in the way either.
  kernel.fill('fill_ring', 4, 1)
  assert.deepEqual(drainNumbers(reader), [])
  assert.equal(reader.wait(0), false)
})

test(
  'ring buffer: after dispose it reads as empty, and another reader goes on where it was',
  NEEDS_BPF,
  () => {
    using kernel = load()
    const reader = openRingBuffer(kernel.collection.map('ring'))
    kernel.fill('fill_ring', 0, 3)
    assert.deepEqual(drainNumbers(reader, 1), [0])
    reader[Symbol.dispose]()
    assert.deepEqual(drainNumbers(reader), [])
    using next = openRingBuffer(kernel.collection.map('ring'))
    assert.deepEqual(drainNumbers(next), [1, 2])
  },
)

test('a map that is no ring buffer is refused', NEEDS_BPF, () => {
  using kernel = load()
  const isArgument = (error: unknown) => error instanceof EbpfError && error.code === 'argument'
  assert.throws(() => openRingBuffer(kernel.collection.map('lost')), isArgument)
  assert.throws(() => openPerfBuffer(kernel.collection.map('ring')), isArgument)
})

const PLAN: AggregatePlan = {
  recordBytes: EVENT.bytes,
  key: [fieldOf(EVENT, 'peer.port', 2), fieldOf(EVENT, 'peer.address', 4)],
  values: [
    { ...fieldOf(EVENT, 'delta'), signed: true, measures: ['min', 'max'] },
    { ...fieldOf(EVENT, 'bytes'), measures: ['sum', 'log2'] },
  ],
  filter: { ...fieldOf(EVENT, 'kind'), oneOf: [1, 2] },
  groupsMax: 30,
}

test('aggregator: the groups of the real ring are those of a plain count', NEEDS_BPF, () => {
  using kernel = load()
  using aggregator = openAggregator(kernel.collection.map('ring'), PLAN)
  const expected = new Map<string, { records: number; bytes: number; least: number }>()
  let otherCount = 0
  for (let round = 0; round < 50; round++) {
    const numbers = range(round * 500, 500)
    kernel.fill('fill_ring', numbers[0]!, numbers.length)
    aggregator.drain()
    for (const number of kept(numbers).filter((each) => each % 4 === 1 || each % 4 === 2)) {
      const key = `${80 + (number % 3)} ${number % 13}`
      let group = expected.get(key)
      if (!group && expected.size === PLAN.groupsMax) otherCount++
      else {
        if (!group) expected.set(key, (group = { records: 0, bytes: 0, least: Infinity }))
        group.records++
        group.bytes += number * 7
        group.least = Math.min(group.least, 100 - (number % 200))
      }
    }
  }
  const groups = aggregator.take()
  const told = new Map<string, { records: number; bytes: number; least: number }>()
  for (let group = 1; group <= groups.count; group++) {
    told.set(`${groups.keyField(group, 0)} ${groups.keyField(group, 1)}`, {
      records: groups.records(group),
      bytes: groups.value(group, 1, 'sum'),
      least: groups.value(group, 0, 'min'),
    })
  }
  assert.deepEqual(told, expected)
  assert.equal(groups.records(0), otherCount)
  assert.ok(otherCount > 0)
  assert.deepEqual(aggregator.counts(), {
    recordCount: 10_000,
    discardedCount: 5000,
    shortCount: 0,
    filteredCount: 10_000,
  })
})

test('perf buffer: every record of every length, wherever it wraps', NEEDS_BPF, () => {
  using kernel = load()
  using reader = openPerfBuffer(kernel.collection.map('perf'), { dataBytes: 4096 })
  let first = 0
  for (let round = 0; round < 200; round++) {
    const count = (round * 7) % 40
    kernel.fill('fill_perf', first, count)
    // The runs may be on different processors, but each is drained before the next.
    assert.deepEqual(drainNumbers(reader), range(first, count))
    first += count
  }
  assert.equal(reader.lostCount, 0)
})

test('perf buffer: lost records are told, exactly once the next one fits', NEEDS_BPF, () => {
  using kernel = load()
  using reader = openPerfBuffer(kernel.collection.map('perf'), { dataBytes: 4096 })
  kernel.fill('fill_perf', 0, 500)
  const fitted = drainNumbers(reader, 5).length + drainNumbers(reader).length
  assert.equal(fitted + kernel.lost('perf'), 500)
  // One more on each processor that may have lost some.
  for (let i = 0; i < 200 && reader.lostCount < kernel.lost('perf'); i++) {
    kernel.fill('fill_perf', 0, 1)
    drainNumbers(reader)
  }
  assert.equal(reader.lostCount, kernel.lost('perf'))
})

test('perf buffer: wait ends with data, with time, and with an interruption', NEEDS_BPF, () => {
  using kernel = load()
  using reader = openPerfBuffer(kernel.collection.map('perf'), { dataBytes: 4096, wakeupBytes: 1 })
  assert.equal(reader.wait(1), false)
  reader.interrupt()
  assert.equal(reader.wait(60_000), false)
  kernel.fill('fill_perf', 0, 1)
  assert.equal(reader.wait(60_000), true)
})
