import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MapSpec } from '../spec/collection-spec.ts'
import { bpftool, NEEDS_BPF, NEEDS_BPFTOOL, testSpec } from '../testing/bpf-test.ts'
import { BpfMap, UPDATE } from './bpf-map.ts'
import { possibleCpuCount } from './possible-cpus.ts'

function mapSpec(name: string): MapSpec {
  return testSpec('map-kinds.bpf.o').maps.get(name)!
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}

/** bpftool prints bytes as "0x2a". */
interface DumpedEntry {
  readonly key: readonly string[]
  readonly value?: readonly string[]
  readonly values?: ReadonlyArray<{ readonly value: readonly string[] }>
}

function dump(map: BpfMap): DumpedEntry[] {
  return bpftool('map', 'dump', 'id', String(map.id)) as DumpedEntry[]
}

function bytes(dumped: readonly string[] | undefined): number[] {
  return (dumped ?? []).map(Number)
}

test('a hash map does what it is told, and bpftool sees it', NEEDS_BPFTOOL, () => {
  using map = BpfMap.create(mapSpec('recent'))
  const key = new Uint8Array(BigUint64Array.of(7n).buffer)
  const value = new Uint8Array(BigUint64Array.of(0x0102030405060708n).buffer)
  assert.equal(map.lookup(key), undefined)
  assert.equal(map.delete(key), false)
  assert.throws(() => map.update(key, value, UPDATE.ifPresent), { code: 'not-found' })
  map.update(key, value)
  assert.throws(() => map.update(key, value, UPDATE.ifAbsent), { code: 'exists' })
  assert.deepEqual(map.lookup(key), value)
  const into = new Uint8Array(8)
  assert.equal(map.lookup(key, into), into)
  assert.deepEqual(into, value)
  const [entry] = dump(map)
  assert.deepEqual([bytes(entry?.key), bytes(entry?.value)], [[...key], [...value]])
  assert.deepEqual([...map.keys()], [key])
  assert.equal(map.countEntries(), 1)
  const { bytes_memlock } = bpftool('map', 'show', 'id', String(map.id)) as { bytes_memlock: number }
  assert.equal(map.memoryBytes(), bytes_memlock)
  assert.deepEqual(map.lookupAndDelete(key), value)
  assert.equal(map.nextKey(), undefined)
  assert.throws(() => map.lookup(new Uint8Array(4)), { code: 'argument' })
  assert.throws(() => map.update(key, new Uint8Array(4)), { code: 'argument' })
})

test('per-CPU values come for all processors, each in its 8 bytes', NEEDS_BPFTOOL, () => {
  using map = BpfMap.create(mapSpec('per_cpu_hash'))
  assert.equal(map.cpuCount, possibleCpuCount())
  assert.equal(map.lookupBytes, map.cpuCount * 8)
  const values = new Uint8Array(map.lookupBytes)
  for (let cpu = 0; cpu < map.cpuCount; cpu++) new DataView(values.buffer).setUint32(cpu * 8, 100 + cpu, true)
  map.update(u32(1), values)
  assert.deepEqual(map.lookup(u32(1)), values)
  const [entry] = dump(map)
  assert.deepEqual(
    entry?.values?.map(({ value }) => new Uint32Array(Uint8Array.from(bytes(value)).buffer)[0]),
    Array.from({ length: map.cpuCount }, (_, cpu) => 100 + cpu),
  )
})

for (const name of ['flows', 'per_cpu_hash', 'counters', 'per_cpu_array'])
  test(`batches tell every entry of ${name} once, whatever the chunk`, NEEDS_BPF, () => {
    using map = BpfMap.create(mapSpec(name))
    const count = Math.min(map.maxEntries, 700)
    const keys = new Uint8Array(map.maxEntries * map.keyBytes)
    const values = new Uint8Array(map.maxEntries * map.lookupBytes)
    for (let i = 0; i < count; i++) {
      new DataView(keys.buffer).setUint32(i * map.keyBytes, i, true)
      new DataView(values.buffer).setUint32(i * map.lookupBytes, i + 1, true)
    }
    map.updateBatch(keys.subarray(0, count * map.keyBytes), values.subarray(0, count * map.lookupBytes))
    for (const chunkEntries of [1, 7, 64, undefined]) {
      const seen = new Map<number, number>()
      const total = map.lookupBatch(
        (keys, values, chunk) => {
          for (let i = 0; i < chunk; i++)
            seen.set(
              new DataView(keys.buffer).getUint32(i * map.keyBytes, true),
              new DataView(values.buffer).getUint32(i * map.lookupBytes, true),
            )
        },
        { chunkEntries },
      )
      // Arrays have all their entries, hashes those that were put in.
      assert.equal(total, map.type.endsWith('array') ? map.maxEntries : count)
      assert.equal(seen.size, total)
      for (let i = 0; i < count; i++) assert.equal(seen.get(i), i + 1)
    }
    if (map.type.endsWith('array')) return
    assert.equal(
      map.lookupAndDeleteBatch(() => undefined),
      count,
    )
    assert.equal(
      map.lookupBatch(() => undefined),
      0,
    )
  })

test('an array’s values are read and written in memory', NEEDS_BPF, () => {
  using map = BpfMap.create(mapSpec('counters'))
  using memory = map.mmap()
  const values = new DataView(memory.bytes.buffer, 0, memory.bytes.length)
  map.update(u32(999), u32(5))
  assert.equal(values.getUint32(999 * memory.stride, true), 5)
  values.setUint32(3 * memory.stride, 6, true)
  assert.deepEqual(map.lookup(u32(3)), u32(6))
  using hash = BpfMap.create(mapSpec('flows'))
  assert.throws(() => hash.mmap(), { code: 'argument' })
})

test('of a large array only the values that were asked for are mapped', NEEDS_BPF, () => {
  using map = BpfMap.create(mapSpec('counters'))
  using memory = map.mmap({ entries: 1 })
  const values = new DataView(memory.bytes.buffer, 0, memory.bytes.length)
  for (const key of [0, 999]) map.update(u32(key), u32(5))
  assert.deepEqual([values.getUint32(0, true), values.getUint32(999 * memory.stride, true)], [5, 0])
  memory.mapTo(1000)
  assert.equal(values.getUint32(999 * memory.stride, true), 5)
})

test('maps of maps, queues and ids', NEEDS_BPF, () => {
  using outer = BpfMap.create(mapSpec('outer'))
  using inner = BpfMap.create({ ...mapSpec('outer').inner!, name: 'first' })
  outer.update(u32(1), u32(inner.fd))
  using found = BpfMap.openId(new DataView(outer.lookup(u32(1))!.buffer).getUint32(0, true))
  assert.equal(found.id, inner.id)
  assert.equal(found.name, 'first')
  using queue = BpfMap.create(mapSpec('queue'))
  const none = new Uint8Array(0)
  for (const value of [1, 2, 3]) queue.update(none, u32(value))
  assert.deepEqual(queue.lookupAndDelete(none), u32(1))
  assert.deepEqual(queue.lookup(none), u32(2))
})

test('a full map says so', NEEDS_BPF, () => {
  using map = BpfMap.create({ ...mapSpec('flows'), maxEntries: 1 })
  map.update(new Uint8Array(8).fill(1), new Uint8Array(48))
  assert.throws(() => map.update(new Uint8Array(8).fill(2), new Uint8Array(48)), {
    code: 'limit',
    errnoName: 'E2BIG',
    call: 'BPF_MAP_UPDATE_ELEM',
  })
})
