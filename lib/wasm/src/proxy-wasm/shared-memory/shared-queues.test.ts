import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SharedMemory } from './shared-memory.ts'
import { SharedQueues } from './shared-queues.ts'

const TEXT = new TextEncoder()
const NAMES = ['', 'q', 'other']

function open(limits = {}): { memory: SharedMemory; queues: SharedQueues } & Disposable {
  const memory = SharedMemory.create({ bytesMax: 4 << 20, ...limits })
  const queues = new SharedQueues(memory)
  return { memory, queues, [Symbol.dispose]: () => queues[Symbol.dispose]() }
}

const vmId = fc.constantFrom('a', 'b')
const step = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), vmId, name: fc.constantFrom(...NAMES) }),
  fc.record({
    kind: fc.constant('enqueue' as const),
    token: fc.nat(8),
    value: fc.uint8Array({ maxLength: 3000 }),
  }),
  fc.record({ kind: fc.constant('dequeue' as const), token: fc.nat(8) }),
)

test('queues do what arrays do', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using it = open()
      const tokens = new Map<string, number>()
      const model = new Map<number, Uint8Array[]>()
      for (const now of steps) {
        if (now.kind === 'register') {
          const name = `${now.vmId} ${now.name}`
          const token = it.queues.register(now.vmId, TEXT.encode(now.name), () => {})
          assert.ok(typeof token === 'number')
          assert.equal(tokens.getOrInsert(name, tokens.size + 1), token)
          model.getOrInsert(token, [])
          assert.equal(it.queues.resolve(now.vmId, TEXT.encode(now.name)), token)
        } else if (now.kind === 'enqueue') {
          assert.equal(it.queues.enqueue(now.token, now.value), model.has(now.token) ? 'ok' : 'not-found')
          model.get(now.token)?.push(now.value)
        } else {
          const items = model.get(now.token)
          const expected = items === undefined ? 'not-found' : (items.shift() ?? 'empty')
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
  const token = it.queues.register('a', TEXT.encode('q'), () => {})
  assert.ok(typeof token === 'number')
  const results = Array.from({ length: 5 }, () => it.queues.enqueue(token, Uint8Array.of(1)))
  assert.deepEqual(results, ['ok', 'ok', 'ok', 'over-limit', 'over-limit'])
  it.queues.dequeue(token)
  assert.equal(it.queues.enqueue(token, new Uint8Array(101)), 'over-limit')
  it.queues.register('a', TEXT.encode('r'), () => {})
  assert.equal(
    it.queues.register('a', TEXT.encode('s'), () => {}),
    'over-limit',
  )
  assert.equal(it.memory.usage('a')?.refusedCount, 4)
})

test('a queue goes with its VM, and its token is not used again', () => {
  using it = open()
  const token = it.queues.register('a', TEXT.encode('q'), () => {})
  assert.ok(typeof token === 'number')
  it.queues.enqueue(token, Uint8Array.of(1))
  assert.equal(it.memory.removeVm('a'), 'ok')
  assert.equal(it.queues.enqueue(token, Uint8Array.of(1)), 'not-found')
  assert.equal(it.queues.dequeue(token), 'not-found')
  assert.equal(it.queues.resolve('a', TEXT.encode('q')), 'not-found')
  assert.equal(
    it.queues.register('a', TEXT.encode('q'), () => {}),
    token + 1,
  )
})

test('who has registered last is told once an item, after the call, until it ignores the queue', async () => {
  using it = open()
  const told: string[] = []
  const name = TEXT.encode('q')
  it.queues.register('a', name, () => told.push('first'))
  const token = it.queues.register('a', name, (token) => told.push(`second ${token}`))
  assert.ok(typeof token === 'number')
  it.queues.enqueue(token, Uint8Array.of(1))
  it.queues.enqueue(token, Uint8Array.of(2))
  assert.equal(told.length, 0)
  await until(() => told.length === 2)
  assert.equal(told.join(), 'second 1,second 1')
  it.queues.ignore(token)
  it.queues.enqueue(token, Uint8Array.of(3))
  it.queues.register('a', TEXT.encode('r'), () => told.push('r'))
  const other = it.queues.resolve('a', TEXT.encode('r'))
  assert.ok(typeof other === 'number')
  it.queues.enqueue(other, Uint8Array.of(4))
  await until(() => told.length > 2)
  assert.equal(told.slice(2).join(), 'r')
})

/** The test's own time limit ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1))
}
