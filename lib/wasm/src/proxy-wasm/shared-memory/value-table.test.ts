import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ValueTable } from './value-table.ts'
import { Result } from '../abi.ts'
import { SharedMemory } from './shared-memory.ts'

interface ModelEntry {
  readonly value: Uint8Array
  readonly cas: number
}

/** What the shared table is to be, as plain maps. */
class Model {
  readonly vms = new Map<string, Map<string, ModelEntry>>()
  nextCas = 1

  set(vmId: string, key: string, value: Uint8Array, cas: number): string {
    const vm = this.vms.getOrInsertComputed(vmId, () => new Map())
    const now = vm.get(key)
    if (now !== undefined && cas !== 0 && cas !== now.cas) return 'cas-mismatch'
    vm.set(key, { value, cas: this.nextCas++ })
    return 'ok'
  }

  remove(vmId: string, key: string, cas: number): string {
    const now = this.vms.get(vmId)?.get(key)
    if (now === undefined) return 'not-found'
    if (cas !== 0 && cas !== now.cas) return 'cas-mismatch'
    this.vms.get(vmId)?.delete(key)
    return 'ok'
  }
}

const vmId = fc.constantFrom('', 'a', 'b', 'ä')
const key = fc.constantFrom('', 'k', 'key', 'a longer key', 'x'.repeat(300))
const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 900, maxLength: 5000 }))
const step = fc.oneof(
  fc.record({
    kind: fc.constant('set'),
    vmId,
    key,
    value,
    cas: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
  }),
  fc.record({ kind: fc.constant('fresh'), vmId, key, value }),
  fc.record({ kind: fc.constant('remove'), vmId, key, cas: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ kind: fc.constant('removeVm'), vmId }),
)

test('it does what maps do, whatever is asked of it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = SharedMemory.create({ bytesMax: 1 << 20 })
      const data = new ValueTable(memory)
      const model = new Model()
      for (const now of steps) {
        const { vmId } = now
        if ('cas' in now && 'value' in now)
          assert.equal(
            data.set(vmId, now.key, now.value, now.cas),
            model.set(vmId, now.key, now.value, now.cas),
          )
        else if ('value' in now) {
          const read = data.get(vmId, now.key)
          const cas = typeof read === 'string' ? 0 : read.cas
          assert.equal(data.set(vmId, now.key, now.value, cas), 'ok')
          model.set(vmId, now.key, now.value, 0)
        } else if ('key' in now)
          assert.equal(data.remove(vmId, now.key, now.cas), model.remove(vmId, now.key, now.cas))
        else assert.equal(memory.removeVm(vmId), model.vms.delete(vmId) ? 'ok' : 'not-found')
      }
      for (const vmId of ['', 'a', 'b', 'ä']) {
        const entries = model.vms.get(vmId) ?? new Map<string, ModelEntry>()
        const keys = data.keys(vmId)
        assert.ok(typeof keys !== 'string')
        assert.deepEqual([...keys].sort(), [...entries.keys()].sort())
        for (const [key, { value, cas }] of entries) assert.deepEqual(data.get(vmId, key), { value, cas })
        assert.equal(memory.usage(vmId)?.entries ?? 0, entries.size)
      }
    }),
    { numRuns: 150, seed: 7 },
  )
})

test('a number to write if unchanged is of one write of the process', () => {
  const data = new ValueTable(SharedMemory.create())
  const [one, two] = ['one', 'two']
  data.set('a', one, Uint8Array.of(1), 0)
  data.set('b', one, Uint8Array.of(1), 0)
  // There is none yet, so that there is nothing to compare.
  assert.equal(data.set('a', two, Uint8Array.of(1), 77), 'ok')
  assert.deepEqual(
    [data.get('a', one), data.get('b', one), data.get('a', two)].map((read) =>
      typeof read === 'string' ? read : read.cas,
    ),
    [1, 2, 3],
  )
  assert.equal(data.set('a', one, Uint8Array.of(2), 2), 'cas-mismatch')
  assert.equal(data.set('a', one, Uint8Array.of(2), 1), 'ok')
})

test('what is over a limit is refused and counted, and harms nobody else', () => {
  const memory = SharedMemory.create({
    bytesMax: 4 << 20,
    vmBytesMax: 64 << 10,
    vmEntriesMax: 100,
    vmsMax: 2,
  })
  const data = new ValueTable(memory)
  const fill = (bytes: number): string => {
    for (let index = 0; index < 1000; index++) {
      const result = data.set('a', `key ${index}`, new Uint8Array(bytes), 0)
      if (result !== 'ok') return `${index} ${result}`
    }
    return 'all'
  }
  assert.equal(fill(10), '100 over-limit')
  assert.equal(fill(3000), '14 over-limit')
  assert.equal(data.set('a', 'x'.repeat(5000), new Uint8Array(1), 0), 'over-limit')
  assert.equal(data.set('a', 'key', new Uint8Array(300 << 10), 0), 'over-limit')
  assert.equal(memory.usage('a')?.refusedCount, 4)
  assert.ok(memory.usage('a')!.bytes <= 64 << 10)
  assert.equal(data.set('b', 'key', new Uint8Array(3000), 0), 'ok')
  assert.equal(data.set('c', 'key', new Uint8Array(1), 0), 'over-limit')
  memory.removeVm('a')
  assert.equal(data.set('c', 'key', new Uint8Array(1), 0), 'ok')
})

test('limits that cannot be kept are no options', () => {
  for (const limits of [
    { bytesMax: 1000 },
    { bytesMax: 2 ** 31 },
    { valueBytesMax: 1 << 20 },
    { vmsMax: 0 },
    { vmEntriesMax: 1.5 },
    { threadsMax: 1 << 20 },
  ])
    assert.throws(() => SharedMemory.create(limits), { name: 'WasmError', code: 'option' })
})

test('filters are answered by numbers, and each vm_id has its own', () => {
  const table = new ValueTable(SharedMemory.create({ keyBytesMax: 10 }))
  const [one, other] = [table.dataOf('one'), table.dataOf('other')]
  assert.equal(one.get('key'), Result.NOT_FOUND)
  assert.equal(one.set('key', Uint8Array.of(1), 0), Result.OK)
  assert.deepEqual(one.get('key'), { value: Uint8Array.of(1), cas: 1 })
  assert.equal(one.set('key', Uint8Array.of(1), 9), Result.CAS_MISMATCH)
  assert.equal(one.set('a key that is too long', Uint8Array.of(1), 0), Result.INTERNAL_FAILURE)
  assert.equal(other.get('key'), Result.NOT_FOUND)
})
