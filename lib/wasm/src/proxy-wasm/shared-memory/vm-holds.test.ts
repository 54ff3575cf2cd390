import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueueTable } from './queue-table.ts'
import { SharedMemory } from './shared-memory.ts'
import { ValueTable } from './value-table.ts'
import { VmHolds } from './vm-holds.ts'

const VALUE = Uint8Array.of(1)

test('what a vm_id has is gone with its last filter on any thread, and not before', () => {
  const memory = SharedMemory.create()
  const other = SharedMemory.open(memory.share())
  const [here, there] = [new VmHolds(memory), new VmHolds(other)]
  const data = new ValueTable(memory)
  using queues = new QueueTable(memory)
  here.hold('a')
  here.hold('a')
  there.hold('a')
  here.hold('b')
  for (const vmId of ['a', 'b']) assert.equal(data.set(vmId, 'key', VALUE, 0), 'ok')
  const queue = queues.register('a', 'q', () => {})
  assert.ok('token' in queue)
  here.letGo('a')
  here.letGo('a')
  assert.notEqual(data.get('a', 'key'), 'not-found')
  assert.equal(queues.resolve('a', 'q'), queue.token)
  there.letGo('a')
  assert.equal(data.get('a', 'key'), 'not-found')
  assert.equal(queues.resolve('a', 'q'), undefined)
  assert.equal(memory.usage('a'), undefined)
  assert.notEqual(data.get('b', 'key'), 'not-found')
})

test('a thread that ends holds nothing any more, however it ends', () => {
  for (const isClosed of [false, true]) {
    const memory = SharedMemory.create({ threadsMax: 2 })
    const handle = memory.share()
    const other = SharedMemory.open(handle)
    const data = new ValueTable(memory)
    new VmHolds(memory).hold('kept')
    const there = new VmHolds(other)
    for (const vmId of ['kept', 'gone']) there.hold(vmId)
    for (const vmId of ['kept', 'gone', 'nobody']) assert.equal(data.set(vmId, 'key', VALUE, 0), 'ok')
    if (isClosed) other[Symbol.dispose]()
    assert.equal(memory.forget(handle), true)
    assert.equal(data.get('gone', 'key'), 'not-found')
    for (const vmId of ['kept', 'nobody']) assert.notEqual(data.get(vmId, 'key'), 'not-found', vmId)
    assert.equal(memory.counts().recoveredCount, isClosed ? 0 : 1)
    memory.share()
  }
})
