import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { SharedTask } from '../../testing/shared-thread.ts'
import { Lock } from './layout.ts'
import { lock } from './lock.ts'
import { ValueTable } from './value-table.ts'
import { SharedMemory, type SharedHandle } from './shared-memory.ts'
import { QueueTable } from './queue-table.ts'

const THREADS = 4

type Doing<T> = T extends unknown ? Omit<T, 'handle' | 'vmId'> : never

function start(memory: SharedMemory, doing: Doing<SharedTask>): { worker: Worker; handle: SharedHandle } {
  const handle = memory.share()
  const worker = new Worker(new URL('../../testing/shared-thread.ts', import.meta.url), {
    workerData: { ...doing, handle, vmId: 'vm' },
  })
  worker.once('exit', () => memory.forget(handle))
  return { worker, handle }
}

async function answer<T>({ worker }: { worker: Worker }): Promise<T> {
  const [message] = await once(worker, 'message')
  return message
}

test('four threads count together, and lose nothing', async () => {
  const memory = SharedMemory.create()
  const data = new ValueTable(memory)
  const key = 'counter'
  data.set('vm', key, new Uint8Array(4), 0)
  const times = 5000
  const threads = Array.from({ length: THREADS }, () => start(memory, { kind: 'increment', times }))
  await Promise.all(threads.map(answer))
  const counter = data.get('vm', key)
  assert.ok(typeof counter !== 'string')
  assert.equal(new DataView(counter.value.slice().buffer).getUint32(0, true), THREADS * times)
  assert.equal(counter.cas, THREADS * times + 1)
  assert.equal(memory.counts().busyCount, 0)
})

test('what two threads put into a queue two others take out, each item once and in order', async () => {
  const memory = SharedMemory.create()
  const queues = new QueueTable(memory)
  const registered = queues.register('vm', 'q', () => {})
  assert.ok('token' in registered)
  const { token } = registered
  queues[Symbol.dispose]()
  const stop = new SharedArrayBuffer(4)
  const times = 5000
  const consumers = [0, 1].map(() => start(memory, { kind: 'consume', token, stop }))
  const producers = [0, 1].map((index) =>
    start(memory, { kind: 'produce', token, first: index * times, times }),
  )
  const answers = consumers.map((consumer) => answer<number[]>(consumer))
  await Promise.all(producers.map(({ worker }) => once(worker, 'exit')))
  Atomics.store(new Int32Array(stop), 0, 1)
  const taken = await Promise.all(answers)
  assert.deepEqual(
    taken.flat().sort((a, b) => a - b),
    Array.from({ length: 2 * times }, (_, index) => index),
  )
  for (const numbers of taken)
    for (const first of [0, times]) {
      const ofOne = numbers.filter((number) => number >= first && number < first + times)
      assert.deepEqual(
        ofOne,
        ofOne.toSorted((a, b) => a - b),
      )
    }
  assert.deepEqual(memory.usage('vm'), {
    bytes: 64,
    entries: 1,
    refusedCount: memory.usage('vm')!.refusedCount,
  })
})

test('whoever has registered a queue is told of each item on its own thread', async () => {
  const memory = SharedMemory.create()
  const queues = new QueueTable(memory)
  const listener = start(memory, { kind: 'listen', name: 'q', times: 3 })
  const token = await answer<number>(listener)
  assert.equal(queues.resolve('vm', 'q'), token)
  const told = answer<number[]>(listener)
  for (const number of [7, 8, 9]) queues.enqueue(token, Uint8Array.of(number, 0, 0, 0))
  assert.deepEqual(await told, [7, 8, 9])
})

test('a thread that ends within a call holds up the others for their time, until it is forgotten', async () => {
  const memory = SharedMemory.create({ lockWaitMs: 10 })
  const data = new ValueTable(memory)
  const key = 'key'
  data.set('vm', key, Uint8Array.of(1), 0)
  const dead = memory.share()
  const other = SharedMemory.open(dead)
  for (let shard = 0; shard < Lock.queues; shard++) assert.ok(lock(other.region, shard))
  assert.equal(data.get('vm', key), 'busy')
  assert.equal(data.set('vm', key, Uint8Array.of(2), 0), 'busy')
  assert.equal(memory.counts().busyCount, 2)
  assert.ok(memory.forget(dead))
  const value = data.get('vm', key)
  assert.deepEqual(typeof value === 'string' ? value : value.value, Uint8Array.of(1))
  assert.equal(memory.counts().recoveredCount, 1)
})

test('of two that have ended the last to be forgotten brings all in order', () => {
  const memory = SharedMemory.create({ lockWaitMs: 10 })
  const [first, second] = [memory.share(), memory.share()]
  lock(SharedMemory.open(first).region, Lock.shard)
  lock(SharedMemory.open(second).region, Lock.vms)
  assert.equal(memory.forget(first), false)
  // From another thread as well.
  const other = SharedMemory.open(memory.share())
  assert.equal(other.forget(second), true)
  assert.equal(memory.forget(first), true)
  assert.equal(memory.counts().recoveredCount, 1)
  assert.equal(new ValueTable(memory).set('vm', 'key', Uint8Array.of(1), 0), 'ok')
})

test('whenever threads are ended, what is left is whole', async () => {
  const memory = SharedMemory.create({ lockWaitMs: 50 })
  const data = new ValueTable(memory)
  const queues = new QueueTable(memory)
  for (let round = 0; round < 8; round++) {
    const threads = [
      start(memory, { kind: 'churn', seed: round }),
      start(memory, { kind: 'churn', seed: ~round }),
    ]
    await Promise.all(threads.map(answer))
    await new Promise((resolve) => setTimeout(resolve, 5 + round))
    for (const { worker, handle } of threads) {
      await worker.terminate()
      memory.forget(handle)
    }
    const keys = data.keys('vm')
    assert.ok(typeof keys !== 'string')
    for (const key of keys) {
      const value = data.get('vm', key)
      assert.ok(typeof value !== 'string')
      assert.ok(
        value.value.every((byte) => byte === value.value[0]),
        'a value of two writers',
      )
    }
    const token = queues.resolve('vm', 'churn')
    assert.ok(typeof token === 'number')
    assert.equal(memory.usage('vm')?.entries, keys.length + queues.itemCount(token) + 1)
    while (typeof queues.dequeue(token) !== 'number');
    for (const key of keys) assert.equal(data.remove('vm', key, 0), 'ok')
    assert.deepEqual(memory.usage('vm')?.entries, 1)
  }
  assert.equal(memory.removeVm('vm'), 'ok')
  // All memory is one again.
  const half = new Uint8Array(256 << 10)
  for (let index = 0; index < 16; index++) assert.equal(data.set('vm', `${index}`, half, 0), 'ok')
})

test('a handle is for one thread, once', () => {
  const memory = SharedMemory.create({ threadsMax: 2 })
  const handle = memory.share()
  SharedMemory.open(handle)[Symbol.dispose]()
  assert.throws(() => SharedMemory.open(handle), { code: 'option' })
  assert.throws(() => memory.share(), { code: 'option' })
  assert.ok(memory.forget(handle))
  const next = memory.share()
  SharedMemory.open(next)
  assert.ok(memory.forget(handle), 'another has its place now')
  assert.equal(memory.counts().recoveredCount, 0)
})
