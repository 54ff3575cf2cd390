import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { SharedLimits } from './shared-limits.ts'
import { ThreadLimits } from './thread-limits.ts'

const SPEC = { burst: 3, perInterval: 2, intervalMs: 1000 }
const FAIL = () => assert.fail('nothing has to go')

for (const kind of ['thread', 'shared'] as const)
  test(`tokens of ${kind} limits: each value has its own, they come at the end of a window, one can be given back`, () => {
    let nowMs = 5_000_000_000
    const now = () => nowMs
    const store =
      kind === 'thread' ? new ThreadLimits(now) : new SharedLimits(SharedLimits.create([1, 2]), now)
    const take = (key: string) => store.bucketOf('limit', key, SPEC, FAIL).take()
    assert.deepEqual([take('a'), take('a'), take('a'), take('a')], [true, true, true, false])
    assert.equal(take('b'), true)
    store.bucketOf('limit', 'a', SPEC, FAIL).give()
    assert.deepEqual([take('a'), take('a')], [true, false])
    nowMs += 999
    assert.equal(take('a'), false)
    nowMs += 1
    assert.deepEqual([take('a'), take('a'), take('a')], [true, true, false])
    nowMs += 60_000
    assert.deepEqual([take('a'), take('a'), take('a'), take('a')], [true, true, true, false])
  })

test('over the limit a value is forgotten, and counted', () => {
  const thread = new ThreadLimits(() => 0, 2)
  const shared = new SharedLimits(SharedLimits.create([3, 4]), () => 0)
  const counts = { thread: 0, shared: 0 }
  for (let value = 0; value < 4; value++) thread.bucketOf('limit', String(value), SPEC, () => counts.thread++)
  for (let value = 0; value < 100_000; value++)
    shared.bucketOf('limit', String(value), SPEC, () => counts.shared++)
  assert.equal(counts.thread, 2)
  assert.ok(counts.shared >= 100_000 - 65_536 && counts.shared < 60_000, String(counts.shared))
})

test('threads that take at the same time take no more than there is', async () => {
  const buffer = SharedLimits.create([5, 6])
  const source = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { SharedLimits } from ${JSON.stringify(new URL('shared-limits.ts', import.meta.url).href)}
    const store = new SharedLimits(workerData, () => 1000)
    let taken = 0
    for (let round = 0; round < 20_000; round++) {
      const bucket = store.bucketOf('limit', String(round % 10), { burst: 500, perInterval: 1, intervalMs: 1e9 }, () => {})
      if (bucket.take()) {
        if (round % 3 === 0) bucket.give()
        else taken++
      }
    }
    parentPort.postMessage(taken)`
  const workers = Array.from(
    { length: 3 },
    () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: buffer }),
  )
  const taken = await Promise.all(
    workers.map(async (worker) => ((await once(worker, 'message')) as [number])[0]),
  )
  assert.equal(
    taken.reduce((sum, one) => sum + one, 0),
    5000,
  )
})
