import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SharedMemory } from './shared-memory.ts'
import { QueueTable } from './queue-table.ts'
import { Result } from '../abi.ts'

const NAMES = ['', 'q', 'other']

function open(limits = {}): { memory: SharedMemory; queues: QueueTable } & Disposable {
  const memory = SharedMemory.create({ bytesMax: 4 << 20, ...limits })
  const queues = new QueueTable(memory)
  return { memory, queues, [Symbol.dispose]: () => queues[Symbol.dispose]() }
}

const vmId = fc.constantFrom('a', 'b', 'ä')
const step = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), vmId, name: fc.constantFrom(...NAMES) }),
  fc.record({
    kind: fc.constant('enqueue' as const),
    token: fc.nat(8),
    value: fc.uint8Array({ maxLength: 3000 }),
  }),
  fc.record({ kind: fc.constant('dequeue' as const), token: fc.nat(8) }),
)

const nobody = (): void => {}

function register(queues: QueueTable, vmId: string, name: string, ready: () => unknown = nobody): number {
  const answer = queues.register(vmId, name, ready)
  assert.ok('token' in answer)
  return answer.token
}

test('queues do what arrays do', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using it = open()
      const tokens = new Map<string, number>()
      const model = new Map<number, Uint8Array[]>()
      for (const now of steps) {
        if (now.kind === 'register') {
          const token = register(it.queues, now.vmId, now.name)
          assert.equal(tokens.getOrInsert(`${now.vmId} ${now.name}`, tokens.size + 1), token)
          model.getOrInsert(token, [])
          assert.equal(it.queues.resolve(now.vmId, now.name), token)
        } else if (now.kind === 'enqueue') {
          const result = model.has(now.token) ? Result.OK : Result.NOT_FOUND
          assert.equal(it.queues.enqueue(now.token, now.value), result)
          model.get(now.token)?.push(now.value)
        } else {
          const items = model.get(now.token)
          const expected = items === undefined ? Result.NOT_FOUND : (items.shift() ?? Result.EMPTY)
          assert.deepEqual(it.queues.dequeue(now.token), expected)
        }
        for (const [token, items] of model) assert.equal(it.queues.itemCount(token), items.length)
      }
    }),
    { numRuns: 150, seed: 11 },
  )
})

test('full queues refuse, and say so with their VM', () => {
  using it = open({ queueItemsMax: 3, queuesMax: 2, valueBytesMax: 100 })
  const token = register(it.queues, 'a', 'q')
  const results = Array.from({ length: 5 }, () => it.queues.enqueue(token, Uint8Array.of(1)))
  assert.deepEqual(results, [0, 0, 0, Result.INTERNAL_FAILURE, Result.INTERNAL_FAILURE])
  it.queues.dequeue(token)
  assert.equal(it.queues.enqueue(token, new Uint8Array(101)), Result.INTERNAL_FAILURE)
  register(it.queues, 'a', 'r')
  assert.deepEqual(it.queues.register('a', 's', nobody), { result: Result.INTERNAL_FAILURE })
  assert.equal(it.memory.usage('a')?.refusedCount, 4)
})

test('a queue goes with its VM, and its token is not used again', () => {
  using it = open()
  const token = register(it.queues, 'a', 'q')
  it.queues.enqueue(token, Uint8Array.of(1))
  assert.equal(it.memory.removeVm('a'), 'ok')
  assert.equal(it.queues.enqueue(token, Uint8Array.of(1)), Result.NOT_FOUND)
  assert.equal(it.queues.dequeue(token), Result.NOT_FOUND)
  assert.equal(it.queues.resolve('a', 'q'), undefined)
  assert.equal(register(it.queues, 'a', 'q'), token + 1)
})

test('who has registered last is told once an item, after the call, until it is released', async () => {
  using it = open()
  const told: string[] = []
  const first = (): number => told.push('first')
  const second = (): number => told.push('second')
  register(it.queues, 'a', 'q', first)
  const token = register(it.queues, 'a', 'q', second)
  it.queues.release(first)
  it.queues.enqueue(token, Uint8Array.of(1))
  it.queues.enqueue(token, Uint8Array.of(2))
  assert.equal(told.length, 0)
  await until(() => told.length === 2)
  assert.equal(told.join(), 'second,second')
  it.queues.release(second)
  it.queues.enqueue(token, Uint8Array.of(3))
  it.queues.enqueue(
    register(it.queues, 'a', 'r', () => told.push('r')),
    Uint8Array.of(4),
  )
  await until(() => told.length > 2)
  assert.equal(told.slice(2).join(), 'r')
})

test('where the last that registered is gone the one before it is told', async () => {
  using it = open()
  const told: string[] = []
  const first = (): number => told.push('first')
  const second = (): number => told.push('second')
  const token = register(it.queues, 'a', 'q', first)
  register(it.queues, 'a', 'q', second)
  it.queues.release(second)
  it.queues.enqueue(token, Uint8Array.of(1))
  await until(() => told.length === 1)
  assert.deepEqual(told, ['first'])
})

test('a queue that is filled by who is told of it holds up nobody', async () => {
  using it = open()
  let busyCount = 0
  const told: string[] = []
  const busy = register(it.queues, 'a', 'busy', () => {
    const endMs = performance.now() + 1
    while (performance.now() < endMs);
    busyCount++
    it.queues.dequeue(busy)
    it.queues.enqueue(busy, Uint8Array.of(1))
  })
  const quiet = register(it.queues, 'a', 'quiet', () => told.push('quiet'))
  for (let item = 0; item < 300; item++) it.queues.enqueue(busy, Uint8Array.of(1))
  it.queues.enqueue(quiet, Uint8Array.of(1))
  await until(() => told.length > 0)
  assert.ok(busyCount < 20, `${busyCount} calls`)
  it.queues[Symbol.dispose]()
})

/** The test's own time limit ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1))
}
