import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { WatchRequestSchema, type WatchResponse } from '@quadrant/proto'
import { pino } from 'pino'
import { openSqliteStore } from '../store/sqlite.ts'
import { DEFAULT_STORE_LIMITS, type Store } from '../store/store.ts'
import { flowsOf, secondOf, type BatchInit } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { TemporaryDir } from '../testing/temporary.ts'
import { Live } from './live.ts'

interface Bench extends AsyncDisposable {
  readonly live: Live
  /** The steady clock, and by how much each sum moves it. */
  readonly clock: { ms: number; sumsMs: number }
  /** How often the store was asked for sums. */
  readonly sumCount: () => number
  readonly commit: (init?: BatchInit) => Promise<void>
  readonly signal: AbortSignal
}

/** The live view over a real store, with the sums counted. */
async function bench(): Promise<Bench> {
  const stack = new AsyncDisposableStack()
  const dir = stack.use(new TemporaryDir())
  const store = stack.use(openSqliteStore(join(dir.path, 'store.db'), DEFAULT_STORE_LIMITS))
  let sums = 0
  const clock = { ms: 0, sumsMs: 0 }
  const counting: Store = new Proxy(store, {
    get: (target, name) => {
      if (name === 'edgeSums') {
        sums++
        clock.ms += clock.sumsMs
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  const live = stack.use(
    new Live({
      store: counting,
      log: pino({ level: 'silent' }),
      nowNs: () => Date.now() * 1e6,
      // The test decides what a computation takes.
      steadyMs: () => clock.ms,
    }),
  )
  const { id } = await store.agent({ agentId: 'a', host: 'h', bootId: 'b', version: '' })
  const controller = new AbortController()
  stack.defer(() => controller.abort())
  let seq = 0
  return {
    live,
    clock,
    sumCount: () => sums,
    signal: controller.signal,
    commit: async (init) => {
      const startNs = (Math.floor(Date.now() / 1000) - 1) * 1e9
      const batch = checked({ ...secondOf(0, init), startNs, endNs: startNs + 1e9 })
      live.committed(await store.commit(id, ++seq, batch))
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const request = create(WatchRequestSchema, { level: 1, withMap: true, withFlows: true })

test('one computation serves all who watch the same', async () => {
  await using b = await bench()
  await b.commit()
  const watchers = Array.from({ length: 20 }, () => b.live.watch(request, b.signal))
  const first = await Promise.all(watchers.map((watcher) => watcher.next()))
  assert.ok(first.every(({ value }) => (value as WatchResponse).map!.edges.length === 1))
  const before = b.sumCount()
  await b.commit({ flows: flowsOf(5) })
  const second = await Promise.all(watchers.map((watcher) => watcher.next()))
  assert.ok(second.every(({ value }) => (value as WatchResponse).flows.length === 5))
  assert.equal(b.sumCount() - before, 1)
  assert.equal(b.live.watcherCount, 20)
})

test('different requests are computed apart', async () => {
  await using b = await bench()
  await b.commit()
  const all = await b.live.watch(request, b.signal).next()
  const none = await b.live.watch({ ...request, query: 'to:web' }, b.signal).next()
  assert.deepEqual(
    [all, none].map(({ value }) => (value as WatchResponse).map!.edges.length),
    [1, 0],
  )
})

test('a slow watcher skips what is old, and it is counted', async () => {
  await using b = await bench()
  await b.commit()
  const slow = b.live.watch(request, b.signal)
  const quick = b.live.watch(request, b.signal)
  await Promise.all([slow.next(), quick.next()])
  for (let i = 0; i < 3; i++) {
    await b.commit({ flows: flowsOf(4), drops: [{ stage: 'agent.flow-cap', reason: 'cap', count: 10 ** i }] })
    await quick.next()
  }
  const { flows, flowsOmitted, map, drops } = (await slow.next()).value as WatchResponse
  assert.deepEqual(
    drops.map(({ count }) => count),
    [111],
  )
  assert.deepEqual([flows.length, flowsOmitted, map!.edges[0]!.totals!.opened], [4, 8, 4])
  assert.equal(b.live.skippedCount, 2)
})

test('more flows than a person reads are counted, not told', async () => {
  await using b = await bench()
  const watcher = b.live.watch(request, b.signal)
  await watcher.next()
  await b.commit({ flows: flowsOf(3000) })
  const { flows, flowsOmitted } = (await watcher.next()).value as WatchResponse
  assert.deepEqual([flows.length, flowsOmitted], [500, 2500])
})

test('a map that is dear comes less often, and what comes with it does not wait', async () => {
  await using b = await bench()
  await b.commit()
  b.clock.sumsMs = 100
  const watcher = b.live.watch(request, b.signal)
  assert.ok(((await watcher.next()).value as WatchResponse).map)
  await b.commit({ flows: flowsOf(2) })
  const second = (await watcher.next()).value as WatchResponse
  assert.deepEqual([second.map, second.flows.length], [undefined, 2])
  b.clock.ms += 899
  await b.commit({ flows: flowsOf(1) })
  assert.equal(((await watcher.next()).value as WatchResponse).map, undefined)
  b.clock.ms += 1
  const due = (await watcher.next()).value as WatchResponse
  assert.equal(due.map!.edges[0]!.totals!.opened, 3)
})

test('who stops watching is forgotten', async () => {
  await using b = await bench()
  await b.commit()
  const watcher = b.live.watch(request, b.signal)
  await watcher.next()
  await watcher.return(undefined)
  assert.equal(b.live.watcherCount, 0)
})
